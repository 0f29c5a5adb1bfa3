use std::collections::BTreeMap;

use secrecy::SecretString;
use uuid::Uuid;

use super::variables::{Variable, variables};
use super::*;
use crate::mail::texts::samples::{Case, FULL, LINK, PASSWORD, PLAIN, SIGN_IN, at};
use crate::mail::texts::{Enclosed, Fact};
use crate::mail::{DateFormat, Texts};
use crate::model::TicketPurpose;

const RESET: MailKind = MailKind::PasswordReset;

/// A template that says no more than it must.
fn brief(mark: &str) -> Template {
    Template::new(
        format!("{mark} {{{{ tenant }}}}"),
        format!("{mark} {{{{ link }}}}"),
        format!("<p>{mark} <a href=\"{{{{ link }}}}\">go</a></p>"),
    )
}

fn locale(tag: &str) -> Locale {
    Locale::new(tag).unwrap()
}

/// The tenant that samples are rendered for.
fn ours() -> TenantId {
    Uuid::from_u128(9).into()
}

fn error(kind: MailKind, template: &Template) -> TemplateError {
    Templates::new()
        .replace(kind, Audience::everybody(), template)
        .unwrap_err()
}

fn render(templates: &Templates, case: Case<'_>, kind: MailKind) -> Message {
    case.render(&Texts::new().templates(templates), kind)
}

#[test]
fn the_table_of_variables_is_what_mails_have() {
    let (link, password) = (
        SecretString::from(LINK),
        crate::secret::OneTimePassword::mint(&crate::secret::OsRandom).unwrap(),
    );
    for kind in MailKind::ALL {
        let mut seen = BTreeMap::new();
        for case in [PLAIN, FULL] {
            let enclosed = match kind.ticket() {
                None => Enclosed::Nothing,
                Some(TicketPurpose::OneTimePassword) => Enclosed::Password {
                    password: &password,
                    sign_in: SIGN_IN,
                    until: at(0),
                },
                Some(_) => Enclosed::Link {
                    link: &link,
                    until: at(0),
                },
            };
            let dates = DateFormat::plain(&crate::text::TimeZone::default());
            let facts = crate::mail::texts::facts_of(&case.queued(*kind), enclosed, &dates).unwrap();
            for (name, fact) in facts.iter() {
                let known = match fact {
                    Fact::Text(_) | Fact::Message(_) => seen.get(name).copied().unwrap_or(Variable::Text),
                    Fact::Flag(_) => Variable::Flag,
                    Fact::Absent => Variable::Perhaps,
                };
                seen.insert(name, known);
            }
        }
        let table: BTreeMap<_, _> = variables(*kind).iter().copied().collect();
        assert_eq!(seen, table, "{kind:?}");
    }
}

#[test]
fn bi8_a_template_takes_the_place_of_the_built_in_text_at_any_time() {
    let templates = Templates::new();
    let texts = Texts::new().templates(&templates);
    let subject = || PLAIN.render(&texts, RESET).subject;
    assert_eq!(subject(), "Your new password for Northwind Logistics");
    templates.replace(RESET, Audience::everybody(), &brief("One:")).unwrap();
    assert_eq!(subject(), "One: Northwind Logistics");
    templates.replace(RESET, Audience::everybody(), &brief("Two:")).unwrap();
    let message = PLAIN.render(&texts, RESET);
    assert_eq!(message.text(), format!("Two: {LINK}"));
    assert_eq!(
        message.html(),
        format!("<p>Two: <a href=\"{}\">go</a></p>", LINK.replace('/', "&#x2f;"))
    );
    assert_eq!(
        PLAIN.render(&texts, MailKind::PasswordChanged).subject,
        "Your password for Northwind Logistics was changed"
    );
    assert!(templates.remove(RESET, &Audience::everybody()));
    assert!(!templates.remove(RESET, &Audience::everybody()));
    assert_eq!(subject(), "Your new password for Northwind Logistics");
}

#[test]
fn bi8_the_narrowest_template_wins_and_a_tenants_own_goes_before_a_language() {
    let templates = Templates::new();
    let subject = |tag| render(&templates, Case { locale: tag, ..PLAIN }, RESET).subject;
    let everybody = Audience::everybody;
    let another = Uuid::from_u128(8).into();
    // From the widest to the narrowest: each takes over from the one before.
    for (mark, audience) in [
        ("all", everybody()),
        ("german", everybody().locale(locale("de"))),
        ("swiss", everybody().locale(locale("de-ch"))),
        ("tenant", everybody().tenant(ours())),
        ("tenant-german", everybody().tenant(ours()).locale(locale("de"))),
        ("tenant-swiss", everybody().tenant(ours()).locale(locale("de-CH"))),
    ] {
        for (mark, audience) in [
            ("french", everybody().locale(locale("fr"))),
            ("another", everybody().tenant(another)),
            ("another-swiss", everybody().tenant(another).locale(locale("de-CH"))),
            (mark, audience),
        ] {
            templates.replace(RESET, audience, &brief(mark)).unwrap();
        }
        assert_eq!(subject("de-CH"), format!("{mark} Northwind Logistics"));
    }
    assert_eq!(subject("de-AT"), "tenant-german Northwind Logistics");
    assert_eq!(subject("de-CH-1996-x-a"), "tenant-swiss Northwind Logistics");
    assert_eq!(subject("sv"), "tenant Northwind Logistics");
}

#[test]
fn bi8_a_template_that_does_not_parse_is_refused_with_its_part_and_line() {
    let broken = Template {
        html: "<p>\n{% if again %}".to_owned(),
        ..brief("x")
    };
    let refused = error(RESET, &broken);
    assert_eq!((refused.part(), refused.line()), (TemplatePart::Html, Some(2)));
    assert!(matches!(refused, TemplateError::Fails { .. }));
    assert_eq!(refused.to_string(), "the html of the template fails at line 2");
    for fails_when_tried in [
        "{{ link }} {{ tenant.nothing }}",
        "{{ link }} {{ tenant|nosuchfilter }}",
        "{{ link }} {% if requested_by_administrator %}{{ 1 / 0 }}{% endif %}",
        "{{ link }} {% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
        "{{ link }} {% include 'another' %}",
    ] {
        let template = Template {
            text: fails_when_tried.to_owned(),
            ..brief("x")
        };
        let refused = error(RESET, &template);
        assert!(
            matches!(
                refused,
                TemplateError::Fails {
                    part: TemplatePart::Text,
                    ..
                }
            ),
            "{fails_when_tried}: {refused:?}"
        );
    }
}

#[test]
fn bi8_a_name_that_the_mail_does_not_have_is_refused_wherever_it_stands() {
    for text in [
        "{{ link }} {{ recipent }}",
        "{{ link }} {% if false %}{{ recipent }}{% endif %}",
        "{{ link }} {{ recipent|default('') }}",
    ] {
        let template = Template {
            text: text.to_owned(),
            ..brief("x")
        };
        let refused = error(RESET, &template);
        assert!(
            matches!(&refused, TemplateError::UnknownVariable { part: TemplatePart::Text, name } if name == "recipent")
        );
    }
    let of_another = Template {
        text: "{{ link }} {{ password }}".to_owned(),
        ..brief("x")
    };
    assert!(matches!(
        error(RESET, &of_another),
        TemplateError::UnknownVariable { .. }
    ));
    let loops = Template {
        text: "{{ link }} {% set n = 2 %}{% for i in range(n) %}{{ i }}{{ loop.index }}{% endfor %}".to_owned(),
        ..brief("x")
    };
    Templates::new().replace(RESET, Audience::everybody(), &loops).unwrap();
}

#[test]
fn d7_a_subject_has_no_text_of_persons_and_no_secret() {
    for name in ["recipient", "user_name", "message", "link", "until"] {
        let template = Template {
            subject: format!("{{{{ {name} }}}}"),
            ..brief("x")
        };
        let refused = error(MailKind::Invitation, &template);
        assert!(
            matches!(
                refused,
                TemplateError::UnknownVariable {
                    part: TemplatePart::Subject,
                    ..
                }
            ),
            "{name}"
        );
    }
    for blank in ["", " \n", "{% if again %}x{% endif %}"] {
        let template = Template {
            subject: blank.to_owned(),
            ..brief("x")
        };
        assert!(matches!(
            error(MailKind::Invitation, &template),
            TemplateError::BlankSubject
        ));
    }
    let templates = Templates::new();
    let lines = Template {
        subject: "{{ tenant }}\r\nBcc: eve@example.org{% if again %}\u{2028}again{% endif %}".to_owned(),
        ..brief("x")
    };
    templates
        .replace(MailKind::Invitation, Audience::everybody(), &lines)
        .unwrap();
    assert_eq!(
        render(&templates, FULL, MailKind::Invitation).subject,
        "Northwind Logistics Bcc: eve@example.org again"
    );
}

#[test]
fn bi8_a_template_that_leaves_out_what_the_mail_offers_is_refused() {
    for kind in MailKind::ALL.iter().filter(|kind| kind.ticket().is_some()) {
        let secret = if *kind == MailKind::OneTimePassword {
            "password"
        } else {
            "link"
        };
        let with = format!("{{{{ {secret} }}}}");
        let good = Template::new("x", with.clone(), with.clone());
        Templates::new().replace(*kind, Audience::everybody(), &good).unwrap();
        for without in [
            "x".to_owned(),
            format!("{{{{ {secret}|lower }}}}x{{{{ {secret}[1:] }}}}"),
        ] {
            let (text, html) = (
                Template::new("x", without.clone(), with.clone()),
                Template::new("x", with.clone(), without),
            );
            assert!(matches!(
                error(*kind, &text),
                TemplateError::NothingOffered {
                    part: TemplatePart::Text
                }
            ));
            assert!(matches!(
                error(*kind, &html),
                TemplateError::NothingOffered {
                    part: TemplatePart::Html
                }
            ));
        }
    }
    let sometimes = Template {
        text: "{% if again %}{{ link }}{% endif %}".to_owned(),
        ..brief("x")
    };
    assert!(matches!(
        error(MailKind::Invitation, &sometimes),
        TemplateError::NothingOffered { .. }
    ));
}

#[test]
fn d7_personal_text_is_escaped_and_nothing_turns_that_off() {
    let html = |html: &str| Template {
        html: html.to_owned(),
        ..brief("x")
    };
    let templates = Templates::new();
    let quoting = html("<p title=\"{{ recipient }}\">{{ message or '' }}</p><a href='{{ link }}'>go</a>");
    templates
        .replace(MailKind::Invitation, Audience::everybody(), &quoting)
        .unwrap();
    let case = Case {
        recipient: "\"><i>",
        message: Some("<script>'&"),
        ..PLAIN
    };
    let written = render(&templates, case, MailKind::Invitation);
    assert_eq!(
        written.html(),
        format!(
            "<p title=\"&quot;&gt;&lt;i&gt;\">&lt;script&gt;&#x27;&amp;</p><a href='{}'>go</a>",
            LINK.replace('/', "&#x2f;")
        )
    );
    for bare in [
        "{% autoescape false %}{{ recipient }}{% endautoescape %}{{ link }}",
        "{% autoescape 'none' %}{{ recipient }}{{ link }}{% endautoescape %}",
    ] {
        assert!(matches!(error(RESET, &html(bare)), TemplateError::NotEscaped), "{bare}");
    }
    assert!(matches!(
        error(RESET, &html("{{ recipient|safe }}{{ link }}")),
        TemplateError::Fails { .. }
    ));
}

#[test]
fn what_may_be_missing_is_asked_for_first() {
    let text = |text: &str| Template {
        text: text.to_owned(),
        ..brief("x")
    };
    let bold = text("{{ message }} {{ link }}");
    assert!(matches!(
        error(MailKind::Invitation, &bold),
        TemplateError::Fails {
            part: TemplatePart::Text,
            ..
        }
    ));
    let templates = Templates::new();
    let careful = text("{% if message %}{{ message }} {% endif %}{{ link }}");
    templates
        .replace(MailKind::Invitation, Audience::everybody(), &careful)
        .unwrap();
    assert_eq!(render(&templates, PLAIN, MailKind::Invitation).text(), LINK);
    let message = Some("a\nb");
    let with = render(&templates, Case { message, ..PLAIN }, MailKind::Invitation);
    assert_eq!(with.text(), format!("a\nb {LINK}"));
}

#[test]
fn bi8_a_template_that_fails_with_a_mail_after_all_gives_way_to_the_built_in_text() {
    let templates = Templates::new();
    let brittle = Template {
        text: "{{ link }} {% if recipient == \"Kate O'Hara\" %}{{ 1 / 0 }}{% endif %}".to_owned(),
        ..brief("x")
    };
    templates.replace(RESET, Audience::everybody(), &brittle).unwrap();
    let message = render(&templates, PLAIN, RESET);
    assert_eq!(message.subject, "Your new password for Northwind Logistics");
    assert!(message.text().contains(LINK) && message.html().contains(LINK));
    let another = Case {
        recipient: "Jane",
        ..PLAIN
    };
    assert_eq!(render(&templates, another, RESET).subject, "x Northwind Logistics");
}

#[test]
fn a_template_has_a_limit_and_what_was_there_stays() {
    let templates = Templates::new();
    templates
        .replace(RESET, Audience::everybody(), &brief("first"))
        .unwrap();
    let long = Template {
        html: " ".repeat(Template::MAX_BYTES + 1),
        ..brief("x")
    };
    let refused = templates.replace(RESET, Audience::everybody(), &long).unwrap_err();
    assert!(matches!(
        refused,
        TemplateError::TooLong {
            part: TemplatePart::Html
        }
    ));
    assert_eq!(render(&templates, PLAIN, RESET).subject, "first Northwind Logistics");
}

#[test]
fn ps2_a_template_for_one_time_passwords_has_password_page_and_user_name() {
    let templates = Templates::new();
    let template = Template::new(
        "{{ tenant }}{% if again %} (again){% endif %}",
        "{{ user_name }} {{ password }} {{ sign_in }} {{ until }}",
        "<b>{{ password }}</b>",
    );
    templates
        .replace(MailKind::OneTimePassword, Audience::everybody(), &template)
        .unwrap();
    let message = render(&templates, FULL, MailKind::OneTimePassword);
    assert_eq!(message.subject, "Northwind Logistics (again)");
    assert_eq!(
        message.text(),
        format!("kate {PASSWORD} {SIGN_IN} 2026-12-12 10:30 UTC+1")
    );
    assert_eq!(message.html(), format!("<b>{PASSWORD}</b>"));
}

#[test]
fn debug_of_templates_names_audiences_only() {
    let templates = Templates::new();
    templates
        .replace(
            RESET,
            Audience::everybody().locale(locale("de")),
            &brief("secret words"),
        )
        .unwrap();
    let shown = format!("{templates:?}");
    assert!(shown.contains("PasswordReset") && shown.contains("de") && !shown.contains("words"));
}
