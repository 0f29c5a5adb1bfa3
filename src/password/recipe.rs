use argon2::password_hash::phc;
use argon2::{Algorithm, Params, Version};

use super::{HashingParams, PasswordHashError};

/// Bytes of a hash that is made here. Hashes from elsewhere have from 10 to 64.
pub(super) const OUTPUT_BYTES: usize = 32;

/// A PHC string of Argon2 taken apart.
pub(super) struct Recipe {
    pub(super) algorithm: Algorithm,
    pub(super) version: Version,
    pub(super) params: HashingParams,
    pub(super) salt: phc::Salt,
    pub(super) output: phc::Output,
}

impl Recipe {
    pub(super) fn read(text: &str) -> Result<Self, PasswordHashError> {
        let parts = phc::PasswordHash::new(text).map_err(|_| PasswordHashError::Unusable)?;
        let (m, t, p) = read_params(&parts.params).ok_or(PasswordHashError::Unusable)?;
        let params = HashingParams::foreign(m, t, p).ok_or(PasswordHashError::TooCostly)?;
        Self::of(&parts, params).ok_or(PasswordHashError::Unusable)
    }

    fn of(parts: &phc::PasswordHash, params: HashingParams) -> Option<Self> {
        let version = match parts.version {
            Some(version) => Version::try_from(version).ok()?,
            // Strings from before the version was written down.
            None => Version::V0x10,
        };
        let output = parts.hash?;
        // Argon2's own limits, such as eight blocks of memory a lane.
        argon2_params(&params, output.len())?;
        Some(Self {
            algorithm: Algorithm::try_from(parts.algorithm.as_str()).ok()?,
            version,
            params,
            salt: parts.salt?,
            output,
        })
    }

    /// What is hashed when there is nothing to verify against. No password has this output (but for one in 2^256).
    pub(super) fn decoy(params: HashingParams) -> Option<Self> {
        Some(Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params,
            salt: phc::Salt::new(&[0; 16]).ok()?,
            output: phc::Output::new(&[0; OUTPUT_BYTES]).ok()?,
        })
    }

    pub(super) fn is_outdated(&self, current: &HashingParams) -> bool {
        self.params.weaker_than(current)
            || self.algorithm != Algorithm::Argon2id
            || self.version != Version::V0x13
            || self.output.len() < OUTPUT_BYTES
    }

    pub(super) fn into_string(self) -> Option<String> {
        let params = argon2_params(&self.params, self.output.len())?;
        let parts = phc::PasswordHash {
            algorithm: self.algorithm.ident(),
            version: Some(self.version.into()),
            params: phc::ParamsString::try_from(&params).ok()?,
            salt: Some(self.salt),
            hash: Some(self.output),
        };
        Some(parts.to_string())
    }
}

/// Takes `m`, `t` and `p`, each of which must be there, and nothing else: `keyid` and `data` need a key that is not
/// ours.
fn read_params(params: &phc::ParamsString) -> Option<(u32, u32, u32)> {
    if params.iter().count() != 3 {
        return None;
    }
    let number = |name: &str| params.get_decimal(name);
    Some((number("m")?, number("t")?, number("p")?))
}

pub(super) fn argon2_params(params: &HashingParams, output_bytes: usize) -> Option<Params> {
    let (m, t, p) = (params.memory_kib(), params.iterations(), params.parallelism());
    Params::new(m, t, p, Some(output_bytes)).ok()
}
