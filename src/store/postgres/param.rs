//! Values for the places of a statement, each with its type: where a statement is not prepared, nobody asks the server.

use serde::Serialize;
use std::fmt::Debug;

use tokio_postgres::types::{Json, ToSql, Type};
use uuid::Uuid;

/// A value for a place.
pub(super) trait Param: ToSql + Sync {
    fn ty(&self) -> Type;
}

/// What is bound to the places of a statement.
pub(super) type Params<'a> = &'a [&'a dyn Param];

/// One value, of which there may be a list.
trait Scalar: ToSql + Sync {
    const ONE: Type;
    const MANY: Type;
}

macro_rules! scalars {
    ($($rust:ty = $one:ident, $many:ident;)*) => {$(
        impl Scalar for $rust {
            const ONE: Type = Type::$one;
            const MANY: Type = Type::$many;
        }
    )*};
}

scalars! {
    Uuid = UUID, UUID_ARRAY;
    i64 = INT8, INT8_ARRAY;
    i32 = INT4, INT4_ARRAY;
    bool = BOOL, BOOL_ARRAY;
    String = TEXT, TEXT_ARRAY;
    &str = TEXT, TEXT_ARRAY;
    &[u8] = BYTEA, BYTEA_ARRAY;
}

impl<T: Scalar> Param for T {
    fn ty(&self) -> Type {
        T::ONE
    }
}

impl<T: Scalar> Param for Vec<T> {
    fn ty(&self) -> Type {
        T::MANY
    }
}

impl Param for Vec<u8> {
    fn ty(&self) -> Type {
        Type::BYTEA
    }
}

impl Param for Vec<Vec<u8>> {
    fn ty(&self) -> Type {
        Type::BYTEA_ARRAY
    }
}

impl<T: Scalar> Param for Option<T> {
    fn ty(&self) -> Type {
        T::ONE
    }
}

impl<T: Scalar> Param for Vec<Option<T>> {
    fn ty(&self) -> Type {
        T::MANY
    }
}

impl<T: Serialize + Debug + Sync> Param for Json<T> {
    fn ty(&self) -> Type {
        Type::JSONB
    }
}
