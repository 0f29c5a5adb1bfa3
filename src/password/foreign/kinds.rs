use argon2::password_hash::phc;
use base64ct::{Base64Bcrypt, Encoding};
use pbkdf2::pbkdf2_hmac;
use secrecy::zeroize::Zeroizing;
use sha2::{Sha256, Sha512};

use super::super::PasswordHashError::{self, TooCostly, Unusable};

/// 2^14 rounds take 1.5 s of one core here.
const BCRYPT_MAX_COST: u32 = 14;

/// Below this, the algorithm is not defined.
const BCRYPT_MIN_COST: u32 = 4;

/// What bcrypt looks at; the rest is cut.
const BCRYPT_MAX_BYTES: usize = 72;

/// Iterations, times blocks of output. With SHA-512 that takes 2.4 s of one core here, with SHA-256 a fifth of it.
const PBKDF2_MAX_WORK: u64 = 2_000_000;

/// `N × r`: 256 MiB in blocks of 128 bytes.
const SCRYPT_MAX_BLOCKS: u64 = 1 << 21;

/// `N × r × p`, which takes 1.4 s of one core here.
const SCRYPT_MAX_WORK: u64 = 1 << 22;

/// A hash of another kind than Argon2.
pub(in super::super) struct Foreign {
    kind: Kind,
    output: phc::Output,
}

enum Kind {
    Bcrypt {
        cost: u32,
        salt: [u8; 16],
    },
    Pbkdf2 {
        digest: Digest,
        iterations: u32,
        salt: phc::Salt,
    },
    Scrypt {
        params: scrypt::Params,
        salt: phc::Salt,
    },
}

#[derive(Clone, Copy)]
enum Digest {
    Sha256,
    Sha512,
}

impl Foreign {
    pub(in super::super) fn read(text: &str) -> Result<Self, PasswordHashError> {
        if text.starts_with("$2") {
            return read_bcrypt(text);
        }
        let parts = phc::PasswordHash::new(text).map_err(|_| Unusable)?;
        if parts.version.is_some() {
            return Err(Unusable);
        }
        let (salt, output) = (parts.salt.ok_or(Unusable)?, parts.hash.ok_or(Unusable)?);
        let params = &parts.params;
        let kind = match parts.algorithm.as_str() {
            "pbkdf2-sha256" => read_pbkdf2(Digest::Sha256, params, salt, output.len()),
            "pbkdf2-sha512" => read_pbkdf2(Digest::Sha512, params, salt, output.len()),
            _ => read_scrypt(params, salt),
        }?;
        Ok(Self { kind, output })
    }

    /// Its name, for `Debug`.
    pub(in super::super) fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Bcrypt { .. } => "bcrypt",
            Kind::Pbkdf2 { .. } => "pbkdf2",
            Kind::Scrypt { .. } => "scrypt",
        }
    }

    pub(in super::super) fn output(&self) -> &phc::Output {
        &self.output
    }

    /// Whether the hash can tell this password from every other. bcrypt cuts after 72 bytes, and repeats shorter ones
    /// with a NUL in between, so that `ab` and `ab\0ab` are one to it.
    pub(in super::super) fn can_tell(&self, text: &str) -> bool {
        match self.kind {
            Kind::Bcrypt { .. } => text.len() <= BCRYPT_MAX_BYTES && !text.contains('\0'),
            Kind::Pbkdf2 { .. } | Kind::Scrypt { .. } => true,
        }
    }

    /// Hashes the password as the stored one was. It must be one that this hash [can tell](Self::can_tell).
    pub(in super::super) fn run(&self, text: &str) -> Option<phc::Output> {
        let mut output = Zeroizing::new([0; phc::Output::MAX_LENGTH]);
        let output = output.get_mut(..self.output.len())?;
        let password = text.as_bytes();
        match &self.kind {
            Kind::Bcrypt { cost, salt } => {
                let hashed = bcrypt::bcrypt(*cost, *salt, bcrypt_key(password)?.as_slice());
                output.copy_from_slice(hashed.get(..output.len())?);
            }
            Kind::Pbkdf2 {
                digest: Digest::Sha256,
                iterations,
                salt,
            } => pbkdf2_hmac::<Sha256>(password, salt, *iterations, output),
            Kind::Pbkdf2 {
                digest: Digest::Sha512,
                iterations,
                salt,
            } => pbkdf2_hmac::<Sha512>(password, salt, *iterations, output),
            Kind::Scrypt { params, salt } => scrypt::scrypt(password, salt, params, output).ok()?,
        }
        phc::Output::new(output).ok()
    }
}

/// `$2b$12$`, 22 characters of salt, 31 of hash. Versions a, b and y differ in what old programs did wrong with
/// passwords that are longer than 255 bytes, or not in UTF-8; none of that can be typed here.
fn read_bcrypt(text: &str) -> Result<Foreign, PasswordHashError> {
    let (head, tail) = text.split_at_checked(7).ok_or(Unusable)?;
    let (salt, output) = tail.split_at_checked(22).ok_or(Unusable)?;
    let cost = head.get(4..).and_then(|cost| cost.strip_suffix('$')).ok_or(Unusable)?;
    let cost = two_digits(cost).ok_or(Unusable)?;
    let salt = decode::<16>(salt).ok_or(Unusable)?;
    let output = decode::<23>(output).ok_or(Unusable)?;
    match cost {
        ..BCRYPT_MIN_COST => Err(Unusable),
        BCRYPT_MIN_COST..=BCRYPT_MAX_COST => Ok(Foreign {
            kind: Kind::Bcrypt { cost, salt },
            output: phc::Output::new(&output).map_err(|_| Unusable)?,
        }),
        _ => Err(TooCostly),
    }
}

fn two_digits(text: &str) -> Option<u32> {
    let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// Exactly `N` bytes, in their one spelling.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let decoded = Base64Bcrypt::decode(text, &mut bytes).ok()?.len();
    (decoded == N).then_some(bytes)
}

/// The password and a NUL, which the longest has no room for.
fn bcrypt_key(password: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut key = Zeroizing::new(Vec::with_capacity(BCRYPT_MAX_BYTES + 1));
    key.extend_from_slice(password.get(..password.len().min(BCRYPT_MAX_BYTES))?);
    key.push(0);
    key.truncate(BCRYPT_MAX_BYTES);
    Some(key)
}

/// Takes `i`, and `l` where it is given; nothing else.
fn read_pbkdf2(
    digest: Digest,
    params: &phc::ParamsString,
    salt: phc::Salt,
    output_bytes: usize,
) -> Result<Kind, PasswordHashError> {
    let known = params.iter().all(|(name, _)| matches!(name.as_str(), "i" | "l"));
    let length = params.get("l").map(|length| length.decimal());
    let fits = length.is_none_or(|length| length.is_ok_and(|length| length as usize == output_bytes));
    let iterations = params.get_decimal("i").unwrap_or(0);
    if !known || !fits || iterations == 0 {
        return Err(Unusable);
    }
    let block_bytes = match digest {
        Digest::Sha256 => 32,
        Digest::Sha512 => 64_usize,
    };
    let blocks = output_bytes.div_ceil(block_bytes) as u64;
    if u64::from(iterations) * blocks > PBKDF2_MAX_WORK {
        return Err(TooCostly);
    }
    Ok(Kind::Pbkdf2 {
        digest,
        iterations,
        salt,
    })
}

/// Takes `ln`, `r` and `p`, each of which must be there, and nothing else.
fn read_scrypt(params: &phc::ParamsString, salt: phc::Salt) -> Result<Kind, PasswordHashError> {
    let number = |name: &str| params.get_decimal(name).ok_or(Unusable);
    let (ln, r, p) = (number("ln")?, number("r")?, number("p")?);
    if params.iter().count() != 3 || ln == 0 || r == 0 || p == 0 {
        return Err(Unusable);
    }
    // A shift that falls out is above every limit too.
    let blocks = 1_u64
        .checked_shl(ln)
        .and_then(|n| n.checked_mul(r.into()))
        .ok_or(TooCostly)?;
    let work = blocks.checked_mul(p.into()).ok_or(TooCostly)?;
    if blocks > SCRYPT_MAX_BLOCKS || work > SCRYPT_MAX_WORK {
        return Err(TooCostly);
    }
    let ln = u8::try_from(ln).map_err(|_| TooCostly)?;
    let params = scrypt::Params::new(ln, r, p).map_err(|_| Unusable)?;
    Ok(Kind::Scrypt { params, salt })
}

#[cfg(test)]
mod tests;
