use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{AddressPattern, TextError};

/// From which network addresses somebody may come. Empty, as it is by default, it means any.
///
/// The patterns stand in the order in which they were given. Two that mean the same addresses are one: the first stays.
/// Serialised, it is a list of texts.
///
/// ```
/// # use tenure::text::{AddressPattern, Allowlist, TextError};
/// let office = Allowlist::new([AddressPattern::new("207.107.139.*")?])?;
/// assert!(office.allows(Some("207.107.139.17".parse().unwrap())));
/// assert!(!office.allows(Some("198.51.100.1".parse().unwrap())));
/// assert!(!office.allows(None), "who comes from nowhere known is not let in");
/// assert!(Allowlist::any().allows(None));
/// # Ok::<(), TextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<AddressPattern>", into = "Vec<AddressPattern>")]
pub struct Allowlist(Vec<AddressPattern>);

impl Allowlist {
    /// The limit: 100. Forms can show it.
    pub const MAX_ENTRIES: usize = 100;

    /// The empty list, which lets in from anywhere.
    pub fn any() -> Self {
        Self::default()
    }

    /// A list of these patterns.
    ///
    /// # Errors
    /// [`TextError::TooManyEntries`] for more than [`MAX_ENTRIES`](Self::MAX_ENTRIES), repetitions left out.
    pub fn new(patterns: impl IntoIterator<Item = AddressPattern>) -> Result<Self, TextError> {
        patterns.into_iter().try_fold(Self::any(), Self::with)
    }

    /// The list with one pattern more, at its end. One that means the same addresses as an entry changes nothing.
    ///
    /// # Errors
    /// [`TextError::TooManyEntries`] when the list is full.
    pub fn with(mut self, pattern: AddressPattern) -> Result<Self, TextError> {
        let known = self.0.iter().any(|entry| entry.same_addresses(&pattern));
        if !known && self.0.len() == Self::MAX_ENTRIES {
            return Err(TextError::TooManyEntries { max: Self::MAX_ENTRIES });
        }
        if !known {
            self.0.push(pattern);
        }
        Ok(self)
    }

    /// The list without the pattern, in whatever notation it is there. Without its last entry the list lets in from
    /// anywhere.
    pub fn without(mut self, pattern: &AddressPattern) -> Self {
        self.0.retain(|entry| !entry.same_addresses(pattern));
        self
    }

    /// Whether somebody may come from this address. An address that is not known is allowed by the empty list only.
    pub fn allows(&self, address: Option<IpAddr>) -> bool {
        self.is_any() || address.is_some_and(|address| self.0.iter().any(|entry| entry.matches(address)))
    }

    /// Whether the list is empty, and so lets in from anywhere.
    pub fn is_any(&self) -> bool {
        self.0.is_empty()
    }

    /// The patterns, in their order.
    pub fn entries(&self) -> &[AddressPattern] {
        &self.0
    }
}

impl TryFrom<Vec<AddressPattern>> for Allowlist {
    type Error = TextError;

    fn try_from(patterns: Vec<AddressPattern>) -> Result<Self, Self::Error> {
        Self::new(patterns)
    }
}

impl From<Allowlist> for Vec<AddressPattern> {
    fn from(list: Allowlist) -> Self {
        list.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> AddressPattern {
        AddressPattern::new(text).unwrap()
    }

    fn list(texts: &[&str]) -> Allowlist {
        Allowlist::new(texts.iter().map(|text| pattern(text))).unwrap()
    }

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn hundred() -> impl Iterator<Item = AddressPattern> {
        (0..100).map(|number| AddressPattern::from(IpAddr::from([10, 0, 0, number])))
    }

    #[test]
    fn bi10_empty_means_any() {
        for address in [None, Some(at("10.0.0.1")), Some(at("2001:db8::1"))] {
            assert!(Allowlist::any().allows(address));
        }
        assert!(Allowlist::any().is_any() && !list(&["10.0.0.1"]).is_any());
        assert_eq!(Allowlist::new([]), Ok(Allowlist::any()));
    }

    #[test]
    fn bi10_one_entry_that_matches_is_enough_in_both_families() {
        let list = list(&["207.107.139.*", "10.0.0.0/8", "2001:db8:1:*", "192.0.2.1"]);
        for allowed in [
            "207.107.139.1",
            "10.9.9.9",
            "2001:db8:1:2::3",
            "192.0.2.1",
            "::ffff:192.0.2.1",
        ] {
            assert!(list.allows(Some(at(allowed))), "{allowed}");
        }
        for refused in [
            "207.107.138.1",
            "11.0.0.1",
            "2001:db8:2::",
            "192.0.2.2",
            "::ffff:192.0.2.2",
            "::",
        ] {
            assert!(!list.allows(Some(at(refused))), "{refused}");
        }
    }

    #[test]
    fn n1_an_unknown_address_is_refused_by_any_list_that_has_an_entry() {
        for entry in ["10.0.0.1", "0.0.0.0/0", "::/0"] {
            assert!(!list(&[entry]).allows(None), "{entry}");
        }
        assert!(!list(&["0.0.0.0/0", "::/0"]).allows(None));
    }

    #[test]
    fn bi10_entries_keep_their_order_and_stand_there_once() {
        let list = list(&[
            "10.0.0.*",
            "192.0.2.1",
            "10.0.0.0/24",
            "::ffff:192.0.2.1",
            "192.0.2.1/32",
        ]);
        assert_eq!(list.entries(), [pattern("10.0.0.*"), pattern("192.0.2.1")]);
        let list = list.with(pattern("::1")).unwrap().with(pattern("::1")).unwrap();
        assert_eq!(list.entries().last(), Some(&pattern("::1")));
        let list = list.without(&pattern("10.0.0.0/24")).without(&pattern("10.0.0.1"));
        assert_eq!(list.entries(), [pattern("192.0.2.1"), pattern("::1")]);
    }

    #[test]
    fn bi10_a_list_has_a_hundred_entries_at_most() {
        let full = Allowlist::new(hundred().chain(hundred())).unwrap();
        assert_eq!(full.entries().len(), Allowlist::MAX_ENTRIES);
        let too_many = Err(TextError::TooManyEntries { max: 100 });
        assert_eq!(full.clone().with(pattern("::1")), too_many);
        assert_eq!(Allowlist::new(hundred().chain([pattern("::1")])), too_many);
        assert_eq!(full.clone().with(pattern("10.0.0.1")), Ok(full));
    }

    #[test]
    fn bi10_a_list_reads_back_and_is_checked_on_the_way() {
        let list = list(&["207.107.139.*", "10.0.0.0/8"]);
        let text = serde_json::to_string(&list).unwrap();
        assert_eq!(text, r#"["207.107.139.*","10.0.0.0/8"]"#);
        assert_eq!(serde_json::from_str::<Allowlist>(&text).unwrap(), list);
        assert!(serde_json::from_str::<Allowlist>(r#"["10.0.0.1/8"]"#).is_err());
        let many: Vec<_> = hundred().chain([pattern("::1")]).collect();
        let text = serde_json::to_string(&many).unwrap();
        assert!(serde_json::from_str::<Allowlist>(&text).is_err());
    }

    proptest! {
        #[test]
        fn n2_a_list_allows_what_one_of_its_entries_matches(
            drawn in proptest::collection::vec((any::<u8>(), 1..=32_u8), 1..20), asked in any::<u8>(), mapped in any::<bool>(),
        ) {
            let entries = drawn.iter().map(|(byte, length)| {
                let bits = u32::from_be_bytes([*byte; 4]) & (u32::MAX << (32 - length));
                pattern(&format!("{}/{length}", Ipv4Addr::from(bits)))
            });
            let list = Allowlist::new(entries.clone()).unwrap();
            let plain = Ipv4Addr::from([asked; 4]);
            let address = if mapped { plain.to_ipv6_mapped().into() } else { plain.into() };
            let expected = drawn.iter().any(|(byte, length)| {
                (u32::from_be_bytes([*byte; 4]) ^ u32::from(plain)).leading_zeros() >= u32::from(*length)
            });
            prop_assert_eq!(list.allows(Some(address)), expected);
            let emptied = entries.fold(list, |list, entry| list.without(&entry));
            prop_assert!(emptied.is_any());
        }
    }
}
