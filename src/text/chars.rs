//! Which characters a text may hold, and how its length is counted.

use unicode_normalization::UnicodeNormalization;

use super::TextError;

/// Reads text of one line: no control or invisible characters; surrounding white space goes, and each run of it inside
/// becomes one space, because two names that differ in it look the same.
pub(super) fn one_line(text: &str, max: usize) -> Result<String, TextError> {
    // What most stored names look like: nothing to refuse, to compose or to fold.
    if is_plain(text, max) {
        return Ok(text.to_owned());
    }
    refuse_controls(text, |_| false)?;
    if text.contains(is_hidden) {
        return Err(TextError::ForbiddenCharacter);
    }
    let mut words = text.split_whitespace();
    let first = words.next().into_iter().flat_map(str::chars);
    let rest = words.flat_map(|word| std::iter::once(' ').chain(word.chars()));
    bounded(first.chain(rest), max)
}

/// ASCII letters, digits and dots, single spaces between them, and not too many.
fn is_plain(text: &str, max: usize) -> bool {
    let bytes = text.as_bytes();
    let spaced = |pair: &[u8]| pair != b"  ";
    !bytes.is_empty()
        && bytes.len() <= max
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b'-'))
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && bytes.windows(2).all(spaced)
}

/// Takes characters in Normalisation Form C, at most `max` of them, at least one that can be seen.
pub(super) fn bounded(chars: impl Iterator<Item = char>, max: usize) -> Result<String, TextError> {
    let text: String = chars.nfc().take(max + 1).collect();
    if text.chars().nth(max).is_some() {
        Err(TextError::TooLong { max })
    } else if text.chars().all(|c| c.is_whitespace() || is_ignorable(c)) {
        Err(TextError::Empty)
    } else {
        Ok(text)
    }
}

/// Refuses control characters but those that `allowed` names. U+2028 and U+2029 break lines too, so they count.
pub(super) fn refuse_controls(text: &str, allowed: fn(char) -> bool) -> Result<(), TextError> {
    if text.contains(|c| is_control(c) && !allowed(c)) {
        Err(TextError::ControlCharacter)
    } else {
        Ok(())
    }
}

/// Control characters (General Category Cc), and the two Unicode line separators.
pub(super) fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters that force the direction of the text around them, and so can make it read as something else.
pub(super) fn is_bidi_override(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that cannot be seen and are not part of any script's spelling: bidirectional controls and marks,
/// zero-width spaces, tags. The joiners and variation selectors are: Persian, Hindi and Japanese names need them.
pub(super) fn is_hidden(c: char) -> bool {
    let spelling = matches!(c,
        '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180d}' | '\u{180f}'
        | '\u{200c}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    is_ignorable(c) && !spelling
}

/// The Unicode property `Default_Ignorable_Code_Point` (as of Unicode 14): what `NFKC_Casefold` leaves out.
pub(super) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
