use std::error::Error as StdError;
use std::fmt;

/// A part of a template. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TemplatePart {
    /// The subject.
    Subject,
    /// The plain text body.
    Text,
    /// The HTML body.
    Html,
}

impl fmt::Display for TemplatePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
        })
    }
}

/// Why a template cannot take the place of a built-in text. More may come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// Longer than [`Template::MAX_BYTES`](super::Template::MAX_BYTES).
    #[error("the {part} of the template is too long")]
    TooLong {
        /// Which part.
        part: TemplatePart,
    },
    /// It cannot be parsed, or written out with one of the samples.
    #[error("the {part} of the template fails{}", .line.map(|line| format!(" at line {line}")).unwrap_or_default())]
    Fails {
        /// Which part.
        part: TemplatePart,
        /// In which of its lines, counted from 1.
        line: Option<usize>,
        /// Why.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// It names something that this mail does not have, or not in this part.
    #[error("the {part} of the template has no variable `{name}`")]
    UnknownVariable {
        /// Which part.
        part: TemplatePart,
        /// The name.
        name: String,
    },
    /// The mail is there for its link or one-time password, and this part leaves it out.
    #[error("the {part} of the template leaves out what the mail offers: its `link` or `password`")]
    NothingOffered {
        /// Which part.
        part: TemplatePart,
    },
    /// Text of other people would be taken for markup: something turns the escaping off.
    #[error("the html of the template writes out text of others without escaping it")]
    NotEscaped,
    /// The subject is blank.
    #[error("the subject of the template is blank")]
    BlankSubject,
}

impl TemplateError {
    /// The part that is wrong.
    pub fn part(&self) -> TemplatePart {
        match self {
            Self::TooLong { part }
            | Self::Fails { part, .. }
            | Self::UnknownVariable { part, .. }
            | Self::NothingOffered { part } => *part,
            Self::NotEscaped => TemplatePart::Html,
            Self::BlankSubject => TemplatePart::Subject,
        }
    }

    /// The line that is wrong, where it is known.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Fails { line, .. } => *line,
            _ => None,
        }
    }

    pub(super) fn fails(part: TemplatePart, error: minijinja::Error) -> Self {
        Self::Fails {
            part,
            line: error.line(),
            source: Box::new(error),
        }
    }
}
