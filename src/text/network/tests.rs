#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn pattern(text: &str) -> AddressPattern {
    AddressPattern::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn n2_usual_forms_read_and_are_shown_as_they_were_written() {
    for text in [
        "0.0.0.0",
        "207.107.139.17",
        "207.107.139.*",
        "207.107.*.*",
        "207.*.*.*",
        "10.0.0.0/8",
        "10.0.0.1/32",
        "0.0.0.0/0",
        "::",
        "::1",
        "2001:db8::17",
        "2001:db8::/32",
        "2001:db8::17/128",
        "::/0",
        "2001:*",
        "2001:db8:1:*",
        "2001:0:0:1:*",
        "0:*",
        "1:2:3:4:5:6:7:*",
    ] {
        assert_eq!(pattern(text).to_string(), text);
    }
}

#[test]
fn n2_another_spelling_is_refused_with_what_was_meant() {
    for (text, meant) in [
        ("10.0.0.1/8", "10.0.0.0/8"),
        ("10.0.0.1/24", "10.0.0.0/24"),
        ("10.0.0.0/08", "10.0.0.0/8"),
        ("10.0.0.0/+8", "10.0.0.0/8"),
        ("2001:db8::1/64", "2001:db8::/64"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:0db8::1", "2001:db8::1"),
        ("2001:db8:0:0:0:0:0:1", "2001:db8::1"),
        ("2001:0db8::/32", "2001:db8::/32"),
        ("2001:DB8:*", "2001:db8:*"),
        ("2001:db8:1:0:*:*:*:*", "2001:db8:1:0:*"),
        ("::ffff:0a00:0001", "10.0.0.1"),
        ("::FFFF:10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1/104", "10.0.0.0/8"),
    ] {
        let meant = pattern(meant);
        let refused = AddressPattern::new(text);
        assert_eq!(refused, Err(TextError::NotCanonical { meant }), "{text}");
    }
}

#[test]
fn n2_what_could_mean_two_addresses_or_none_is_refused() {
    assert_eq!(AddressPattern::new(""), Err(TextError::Empty));
    for text in [
        "010.0.0.1",
        "10.0.0.01",
        "0x7f.0.0.1",
        "2130706433",
        "127.1",
        "256.0.0.1",
        "+1.2.3.4",
        "1.2.3.4.5",
        " 10.0.0.1",
        "10.0.0.1 ",
        "10.0.0.1\n",
        "１０.0.0.1",
        "10.0.0.1:80",
        "10.0.0.1-10.0.0.9",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "10.0.0.0/255.0.0.0",
        "010.0.0.0/8",
        "10.0.0.0/8/8",
        "*",
        "*.*.*.*",
        "10.*",
        "10.0.*",
        "10.*.0.*",
        "*.0.0.1",
        "10.0.0.1*",
        "10.0.0.*.*",
        "10.0.0.*/24",
        "010.0.0.*",
        "10..0.*",
        "10.0.0.0.*",
        ".*.*.*",
        "[::1]",
        "::1%eth0",
        ":::1",
        "12345::",
        "2001:db8::/129",
        "2001:db8::*",
        "::*",
        ":*",
        ":1:*",
        "2001:db8:*:*",
        "2001:db8:*:1",
        "2001:db8*",
        "1:2:3:4:5:6:7:8:*",
        "*:*:*:*:*:*:*:*",
        "+1:*",
        "1:2:3.4.5.6:*",
        "0:0:0:0:0:ffff:*",
        "::ffff:10.0.0.*",
        "::ffff:010.0.0.1",
        "any",
    ] {
        assert_eq!(AddressPattern::new(text), Err(TextError::NotAPattern), "{text:?}");
    }
}

#[test]
fn n2_a_mapped_address_is_the_ipv4_address() {
    for (mapped, plain) in [
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:0.0.0.0/96", "0.0.0.0/0"),
    ] {
        assert_eq!(pattern(mapped), pattern(plain));
    }
    assert_eq!(AddressPattern::from(address("::ffff:10.0.0.1")), pattern("10.0.0.1"));
    let office = pattern("10.0.0.*");
    assert!(office.matches(address("10.0.0.9")) && office.matches(address("::ffff:10.0.0.9")));
    assert!(!office.matches(address("::ffff:10.0.1.9")) && !office.matches(address("::10.0.0.9")));
    for v6_only in ["::/0", "::/64", "::fffe:0:0/95"] {
        assert!(!pattern(v6_only).matches(address("::ffff:10.0.0.1")), "{v6_only}");
    }
    assert!(!pattern("0.0.0.0/0").matches(address("::1")));
}

#[test]
fn notations_of_one_network_differ_and_mean_the_same_addresses() {
    let (star, cidr) = (pattern("10.0.0.*"), pattern("10.0.0.0/24"));
    assert_ne!(star, cidr);
    assert!(star.same_addresses(&cidr) && cidr.same_addresses(&star));
    assert!(!star.same_addresses(&pattern("10.0.*.*")));
    assert!(!pattern("0.0.0.0/0").same_addresses(&pattern("::/0")));
}

#[test]
fn bi10_serde_goes_through_the_constructor() {
    let office = pattern("207.107.139.*");
    assert_eq!(serde_json::to_string(&office).unwrap(), r#""207.107.139.*""#);
    assert_eq!(
        serde_json::from_str::<AddressPattern>(r#""207.107.139.*""#).unwrap(),
        office
    );
    let error = serde_json::from_str::<AddressPattern>(r#""207.107.139.1/24""#).unwrap_err();
    assert!(error.to_string().contains("was 207.107.139.0/24 meant?"), "{error}");
}

/// The matcher to compare with: it works on the text of pattern and address, group by group and bit by bit, and shares
/// nothing with the other but the standard library's way to write an address.
mod by_text {
    use super::{IpAddr, Ipv6Addr};

    pub(super) fn matches(pattern: &str, address: IpAddr) -> bool {
        let (address, pattern) = (plain(address), pattern.replace("::ffff:", "mapped "));
        match pattern.split_once('/') {
            _ if pattern.ends_with('*') => grouped(&pattern, address),
            Some((network, length)) => bitwise(network, length.parse().unwrap(), address),
            None => bitwise(&pattern, 128, address),
        }
    }

    /// `::ffff:a.b.c.d` as `a.b.c.d`, by its text.
    fn plain(address: IpAddr) -> IpAddr {
        let text = address.to_string();
        text.strip_prefix("::ffff:")
            .and_then(|rest| rest.parse().ok())
            .unwrap_or(address)
    }

    fn grouped(pattern: &str, address: IpAddr) -> bool {
        let (separator, groups) = match address {
            IpAddr::V4(address) => ('.', address.to_string()),
            IpAddr::V6(address) => (':', address.segments().map(|group| format!("{group:x}")).join(":")),
        };
        if !pattern.contains(separator) {
            return false;
        }
        let mut asked = pattern.split(separator);
        let mut last = "";
        groups.split(separator).all(|group| {
            last = asked.next().unwrap_or(last);
            last == "*" || last == group
        })
    }

    fn bitwise(network: &str, length: usize, address: IpAddr) -> bool {
        let (network, length) = match network.strip_prefix("mapped ") {
            Some(network) => (network, length - 96),
            None => (network, length),
        };
        let (network, address) = (bits(network.parse().unwrap()), bits(address));
        network.len() == address.len() && network.chars().zip(address.chars()).take(length).all(|(a, b)| a == b)
    }

    fn bits(address: IpAddr) -> String {
        match address {
            IpAddr::V4(address) => address.octets().map(|byte| format!("{byte:08b}")).concat(),
            IpAddr::V6(address) => Ipv6Addr::octets(&address).map(|byte| format!("{byte:08b}")).concat(),
        }
    }
}

/// An address, and how many of its first bits a pattern keeps; few bits are set, so that `::` occurs.
fn v4() -> impl Strategy<Value = (u32, u32)> {
    (any::<u32>(), 0..=32_u32)
}

fn v6() -> impl Strategy<Value = (u128, u32)> {
    let address = prop_oneof![
        any::<u128>(),
        any::<(u16, u16)>().prop_map(|(head, tail)| (u128::from(head) << 112) | u128::from(tail)),
    ];
    (address, 0..=128_u32)
}

/// The pattern in each notation that can say it.
fn texts_v4((bits, length): (u32, u32)) -> Vec<String> {
    let kept = bits & u32::MAX.checked_shl(32 - length).unwrap_or(0);
    let network = Ipv4Addr::from(kept);
    let mut texts = vec![
        Ipv4Addr::from(bits).to_string(),
        format!("::ffff:{}", Ipv4Addr::from(bits)),
        format!("{network}/{length}"),
        format!("::ffff:{network}/{}", length + 96),
    ];
    if (8..32).contains(&length) {
        let groups: Vec<_> = network.octets().iter().map(u8::to_string).collect();
        let kept = length as usize / 8;
        texts.push(format!("{}{}", groups[..kept].join("."), ".*".repeat(4 - kept)));
    }
    texts
}

fn texts_v6((bits, length): (u128, u32)) -> Vec<String> {
    let kept = bits & u128::MAX.checked_shl(128 - length).unwrap_or(0);
    let network = Ipv6Addr::from(kept);
    let mut texts = vec![Ipv6Addr::from(bits).to_string(), format!("{network}/{length}")];
    if (16..128).contains(&length) {
        let groups = network.segments().map(|group| format!("{group:x}"));
        texts.push(format!("{}:*", groups[..length as usize / 16].join(":")));
    }
    texts
}

/// Addresses near the pattern's own: the same, with one bit flipped, with all bits from one on flipped, mapped.
fn near(bits: u128, width: u32, at: u32) -> Vec<IpAddr> {
    let at = at % width;
    [bits, bits ^ (1 << at), bits ^ (u128::MAX >> (127 - at))]
        .into_iter()
        .flat_map(|bits| match u32::try_from(bits) {
            Ok(small) if width == 32 => {
                let address = Ipv4Addr::from(small);
                vec![
                    address.into(),
                    address.to_ipv6_mapped().into(),
                    address.to_ipv6_compatible().into(),
                ]
            }
            _ => vec![Ipv6Addr::from(bits).into()],
        })
        .collect()
}

proptest! {
    #[test]
    fn n2_ipv4_patterns_match_what_their_text_says(drawn in v4(), other in any::<u32>(), at in any::<u32>()) {
        let mut addresses = near(drawn.0.into(), 32, at);
        addresses.push(Ipv4Addr::from(other).into());
        for text in texts_v4(drawn) {
            let pattern = pattern(&text);
            prop_assert_eq!(AddressPattern::new(pattern.to_string()), Ok(pattern));
            for &address in &addresses {
                prop_assert_eq!(pattern.matches(address), by_text::matches(&text, address), "{} {}", text, address);
            }
        }
    }

    #[test]
    fn n2_ipv6_patterns_match_what_their_text_says(drawn in v6(), other in any::<u128>(), at in any::<u32>()) {
        let mut addresses = near(drawn.0, 128, at);
        addresses.push(Ipv6Addr::from(other).into());
        addresses.push(Ipv4Addr::from((other & 0xffff_ffff) as u32).into());
        for text in texts_v6(drawn) {
            // What happens to be mapped is the other test's.
            if text.starts_with("::ffff:") {
                continue;
            }
            let pattern = pattern(&text);
            prop_assert_eq!(pattern.to_string(), &text[..]);
            for &address in &addresses {
                prop_assert_eq!(pattern.matches(address), by_text::matches(&text, address), "{} {}", text, address);
            }
        }
    }

    #[test]
    fn n2_any_text_is_refused_or_is_its_own_only_spelling(
        text in "(::ffff:)?[0-9]{1,3}(\\.([0-9]{1,3}|\\*)){3}(/[0-9]{1,3})?|[0-9a-fA-F:*]{1,20}(/[0-9]{1,3})?|.*",
    ) {
        match AddressPattern::new(&text) {
            Ok(pattern) if text.starts_with("::ffff:") => {
                let plain = pattern.to_string();
                prop_assert_eq!(AddressPattern::new(plain), Ok(pattern));
            }
            Ok(pattern) => prop_assert_eq!(pattern.to_string(), text),
            Err(TextError::NotCanonical { meant }) => {
                prop_assert_eq!(AddressPattern::new(meant.to_string()), Ok(meant));
                prop_assert_ne!(meant.to_string(), text);
            }
            Err(_) => {}
        }
    }
}
