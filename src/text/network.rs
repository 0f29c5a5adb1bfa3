use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::TextError;

/// Which network addresses are meant: one, a network, or a wildcard.
///
/// | written | means |
/// |---|---|
/// | `207.107.139.17`, `2001:db8::17` | this address |
/// | `207.107.136.0/21`, `2001:db8::/32` | the network, in CIDR notation |
/// | `207.107.139.*`, `207.107.*.*` | IPv4: four groups, the last one to three of them stars |
/// | `2001:db8:1:*` | IPv6: one to seven groups, and one star for all that follow; no `::` |
///
/// There is one spelling for each, and a pattern is shown as it was written. Another spelling is refused with
/// [`TextError::NotCanonical`], which carries the pattern that was probably meant, so that a form can offer it. That is
/// also the answer to bits beyond the length of a network: `10.0.0.1/8` could mean the address or the network.
/// Numbers with leading zeros are refused without a guess, since `010.0.0.1` is `8.0.0.1` to some programs.
///
/// An IPv4 address that is mapped into IPv6 is that IPv4 address, here and in [`matches`](Self::matches):
/// `::ffff:10.0.0.1` is `10.0.0.1`, and `::ffff:10.0.0.0/104` is `10.0.0.0/8`. So a network of IPv6 addresses, even
/// `::/0`, contains no IPv4 address.
///
/// ```
/// # use tenure::text::{AddressPattern, TextError};
/// let office = AddressPattern::new("207.107.139.*")?;
/// assert!(office.matches("207.107.139.17".parse().unwrap()));
/// assert!(office.matches("::ffff:207.107.139.17".parse().unwrap()));
/// assert!(!office.matches("207.107.140.17".parse().unwrap()));
///
/// let meant = AddressPattern::new("10.0.0.0/8")?;
/// assert_eq!(AddressPattern::new("10.0.0.1/8"), Err(TextError::NotCanonical { meant }));
/// # Ok::<(), TextError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressPattern {
    network: IpNet,
    notation: Notation,
}

/// How the network is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Notation {
    Address,
    Cidr,
    Wildcard,
}

impl AddressPattern {
    /// Parses a pattern, exactly as received.
    ///
    /// # Errors
    /// [`TextError::Empty`], [`TextError::NotCanonical`] or [`TextError::NotAPattern`].
    pub fn new(text: impl AsRef<str>) -> Result<Self, TextError> {
        let text = text.as_ref();
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        let written = Self::read(text).ok_or(TextError::NotAPattern)?;
        let meant = written.unmapped().ok_or(TextError::NotAPattern)?;
        if written.to_string() == text {
            Ok(meant)
        } else {
            Err(TextError::NotCanonical { meant })
        }
    }

    /// Whether the address is among those that are meant. A mapped IPv4 address counts as the IPv4 address.
    pub fn matches(&self, address: IpAddr) -> bool {
        self.network.contains(&address.to_canonical())
    }

    /// The first and the last address that is meant.
    pub fn range(&self) -> (IpAddr, IpAddr) {
        (self.network.network(), self.network.broadcast())
    }

    /// Whether both mean the same addresses, in whatever notation: `10.0.0.*` and `10.0.0.0/24`.
    pub fn same_addresses(&self, other: &Self) -> bool {
        self.network == other.network
    }

    /// Reads any spelling; the network keeps nothing beyond its length.
    fn read(text: &str) -> Option<Self> {
        if text.ends_with('*') {
            return if text.contains('.') {
                wildcard_v4(text)
            } else {
                wildcard_v6(text)
            };
        }
        match text.split_once('/') {
            Some((address, length)) => {
                let network = IpNet::new(address.parse().ok()?, length.parse().ok()?).ok()?;
                Some(Self {
                    network: network.trunc(),
                    notation: Notation::Cidr,
                })
            }
            None => Some(Self {
                network: IpNet::from(text.parse::<IpAddr>().ok()?),
                notation: Notation::Address,
            }),
        }
    }

    /// The same addresses in IPv4, where they are mapped ones. Wildcards of mapped addresses are nothing that anybody
    /// would write.
    fn unmapped(self) -> Option<Self> {
        let (IpNet::V6(network), IpAddr::V4(address)) = (self.network, self.network.addr().to_canonical()) else {
            return Some(self);
        };
        if self.notation == Notation::Wildcard {
            return None;
        }
        let length = network.prefix_len().checked_sub(MAPPED_LENGTH)?;
        Some(Self {
            network: IpNet::new(address.into(), length).ok()?,
            ..self
        })
    }

    fn wildcard(address: IpAddr, length: usize) -> Option<Self> {
        Some(Self {
            network: IpNet::new(address, u8::try_from(length).ok()?).ok()?,
            notation: Notation::Wildcard,
        })
    }
}

/// The bits before the IPv4 address in `::ffff:a.b.c.d`.
const MAPPED_LENGTH: u8 = 96;

/// Four groups, the last of which are stars. The standard library judges the numbers: it takes no leading zeros.
fn wildcard_v4(text: &str) -> Option<AddressPattern> {
    let (head, stars) = without_stars(text, ".*");
    let address: Ipv4Addr = format!("{head}{}", ".0".repeat(stars)).parse().ok()?;
    AddressPattern::wildcard(address.into(), 8 * 4_usize.checked_sub(stars)?)
}

/// Some groups and a star for the rest, or all eight places written out. The head ends in `::` for the standard library
/// to judge, which takes that once.
fn wildcard_v6(text: &str) -> Option<AddressPattern> {
    let (head, stars) = without_stars(text, ":*");
    let groups = head.split(':').count();
    let address: Ipv6Addr = format!("{head}::").parse().ok()?;
    let whole = stars == 1 || groups + stars == 8;
    let named = !head.is_empty();
    (whole && named).then(|| AddressPattern::wildcard(address.into(), 16 * groups))?
}

/// What is left before the trailing stars, and how many there are.
fn without_stars<'a>(text: &'a str, star: &str) -> (&'a str, usize) {
    let head = text.trim_end_matches(star);
    (head, (text.len() - head.len()) / star.len())
}

impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = usize::from(self.network.prefix_len());
        match (self.notation, self.network.addr()) {
            (Notation::Address, address) => f.pad(&address.to_string()),
            (Notation::Cidr, _) => f.pad(&self.network.to_string()),
            (Notation::Wildcard, IpAddr::V4(address)) => {
                let kept = length / 8;
                let groups = address.octets().into_iter().take(kept);
                let groups: Vec<_> = groups.map(|group| group.to_string()).collect();
                f.pad(&(groups.join(".") + &".*".repeat(4 - kept)))
            }
            (Notation::Wildcard, IpAddr::V6(address)) => {
                let groups = address.segments().into_iter().take(length / 16);
                let groups: Vec<_> = groups.map(|group| format!("{group:x}")).collect();
                f.pad(&(groups.join(":") + ":*"))
            }
        }
    }
}

impl From<IpAddr> for AddressPattern {
    /// This one address; a mapped IPv4 address as the IPv4 address.
    fn from(address: IpAddr) -> Self {
        Self {
            network: IpNet::from(address.to_canonical()),
            notation: Notation::Address,
        }
    }
}

impl FromStr for AddressPattern {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl TryFrom<&str> for AddressPattern {
    type Error = TextError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl TryFrom<String> for AddressPattern {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<AddressPattern> for String {
    fn from(pattern: AddressPattern) -> Self {
        pattern.to_string()
    }
}

#[cfg(test)]
mod tests;
