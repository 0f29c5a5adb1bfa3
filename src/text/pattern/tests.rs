#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn pattern(text: &str) -> SearchPattern {
    SearchPattern::new(text).unwrap()
}

fn finds(typed: &str, field: &str) -> bool {
    let text = SearchText::of([(SearchField::LastName, field)]);
    pattern(typed).matches(text.as_str(), None)
}

#[test]
fn a4_wildcards_are_runs_and_nothing_else_is_special() {
    for (typed, field, found) in [
        ("son", "Andersson", true),
        ("and*", "Andersson", true),
        ("and*", "Sandberg", false),
        ("*son", "Andersson", true),
        ("*son", "Sonja", false),
        ("a*son", "Andersson", true),
        ("a*son", "Andersdotter", false),
        ("a%on", "Andersson", true),
        ("*nd*s*", "Andersson", true),
        ("*s*nd*", "Andersson", false),
        ("ab*ab", "ab", false),
        ("ab*ab", "abab", true),
        ("*", "x", true),
        ("%*%", "x", true),
        ("_", "a", false),
        ("a_b", "a_b", true),
        ("a_b", "axb", false),
        ("[a]", "a", false),
        ("[a]", "x[a]y", true),
        (r"\", "a", false),
        (r"a\b", r"a\b", true),
        (r"\%", r"\anything", true),
        ("o'h", "O'Hara", true),
        ("\"a\"", "a", false),
        ("'; drop table", "x", false),
        ("?", "a", false),
        ("^a", "a", false),
        ("a.*", "abc", false),
    ] {
        assert_eq!(finds(typed, field), found, "{typed} in {field}");
    }
}

#[test]
fn case_accents_and_width_do_not_count() {
    for (typed, field) in [
        ("MÜLLER", "muller"),
        ("muller", "Mu\u{308}ller"),
        ("ÅSA", "åsa"),
        ("strasse", "Straße"),
        ("ΣΊΣΥΦΟΣ", "Σίσυφος"),
        ("ａｂｃ", "abc"),
        ("жук", "ЖУК"),
        ("ｶﾅ", "カナ"),
        ("한", "한국"),
        ("ka\u{200b}te", "Kate"),
    ] {
        assert!(finds(typed, field), "{typed} in {field}");
    }
    // Letters that Unicode does not take apart stay letters.
    for (typed, field) in [("o", "ø"), ("l", "ł"), ("i", "ı"), ("u", "ы")] {
        assert!(!finds(typed, field), "{typed} in {field}");
    }
}

#[test]
fn all_words_must_be_found_each_within_one_field() {
    let text = SearchText::of([
        (SearchField::FirstName, "Anna Maria"),
        (SearchField::LastName, "Lindström"),
        (SearchField::Address, "anna@example.com"),
    ]);
    let found = |typed: &str| pattern(typed).matches(text.as_str(), None);
    assert!(found("maria lind*") && found("lind* maria") && found("anna") && found("ma stro"));
    assert!(!found("maria bach") && !found("anna*lind") && !found("maria*") && !found("*a*strom"));
    let first = |typed: &str| pattern(typed).matches(text.as_str(), Some(SearchField::FirstName));
    assert!(first("anna*") && first("maria anna") && first("*") && !first("lind*") && !first("example"));
    assert!(!pattern("*").matches(text.as_str(), Some(SearchField::Signature)));
    assert!(!pattern("*").matches("", None));
}

#[test]
fn a_blank_or_endless_pattern_is_refused_by_name() {
    for blank in ["", "  ", "\u{a0}", "\u{200b}", "\u{301}", "\u{ad} \u{200b}"] {
        assert_eq!(SearchPattern::new(blank), Err(TextError::Empty), "{blank:?}");
    }
    let refused = |typed: String| SearchPattern::new(typed).unwrap_err().code();
    assert_eq!(refused("ä".repeat(201)), "too_long");
    assert_eq!(refused("*".repeat(21)), "too_many_wildcards");
    assert_eq!(refused("a ".repeat(11)), "too_many_words");
    assert_eq!(refused("a\u{0}b".to_owned()), "control_character");
    assert_eq!(refused("a\u{1}b".to_owned()), "control_character");
    assert!(SearchPattern::new("ä".repeat(200)).is_ok());
    assert!(SearchPattern::new("*a".repeat(20)).is_ok());
    assert_eq!(pattern("  a  *b\u{a0}c ").as_str(), "a *b c");
}

/// Written another way: the pattern letter by letter, by dynamic programming, on what was typed.
fn independent(typed: &str, field: &str) -> bool {
    typed.split_whitespace().all(|word| {
        let mut wanted: Vec<Option<char>> = Vec::new();
        let mut piece = String::new();
        let has_wildcard = word.contains(['*', '%']);
        for c in word.chars() {
            if c == '*' || c == '%' {
                wanted.extend(folded(&piece).chars().map(Some));
                piece.clear();
                wanted.push(None);
            } else {
                piece.push(c);
            }
        }
        wanted.extend(folded(&piece).chars().map(Some));
        if !has_wildcard {
            wanted.insert(0, None);
            wanted.push(None);
        }
        let field: Vec<char> = folded(field).chars().collect();
        let mut reached = vec![false; field.len() + 1];
        reached[0] = true;
        for want in wanted {
            let mut next = vec![false; field.len() + 1];
            for (at, _) in reached.iter().enumerate().filter(|(_, reached)| **reached) {
                match want {
                    None => next[at..].fill(true),
                    Some(c) if field.get(at) == Some(&c) => next[at + 1] = true,
                    Some(_) => {}
                }
            }
            reached = next;
        }
        reached[field.len()]
    })
}

proptest! {
    #[test]
    fn the_matcher_agrees_with_one_written_otherwise(
        typed in "[abAB*%_ äÅ\\\\]{1,8}",
        field in "[abABäåÅ_%* \\\\]{0,10}",
    ) {
        if let Ok(pattern) = SearchPattern::new(&typed) {
            let text = SearchText::of([(SearchField::UserName, field.as_str())]);
            prop_assert_eq!(pattern.matches(text.as_str(), None), independent(&typed, &field), "{} in {}", typed, field);
        }
    }

    #[test]
    fn any_text_is_found_by_each_of_its_parts(before in any::<String>(), part in "\\PC{1,6}", behind in any::<String>()) {
        prop_assume!(!part.contains(['*', '%']));
        if let Ok(pattern) = SearchPattern::new(&part) {
            let text = SearchText::of([(SearchField::LastName, format!("{before}{part}{behind}").as_str())]);
            prop_assert!(pattern.matches(text.as_str(), None));
        }
    }

    #[test]
    fn serde_reads_what_was_typed(typed in "\\PC{0,20}") {
        if let Ok(pattern) = SearchPattern::new(&typed) {
            let json = serde_json::to_string(&pattern).unwrap();
            prop_assert_eq!(serde_json::from_str::<SearchPattern>(&json).unwrap(), pattern);
        }
    }
}
