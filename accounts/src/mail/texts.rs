//! What mails say, in English and German.

use super::letter::Letter;
use super::{Locale, Mail, MailContent};

const PRODUCT: &str = "NoCode AI Builder";

pub(super) fn letter(mail: &Mail<'_>) -> Letter {
    match mail.locale {
        Locale::English => english(&mail.content),
        Locale::German => german(&mail.content),
    }
}

fn english(content: &MailContent<'_>) -> Letter {
    let hello = |name: &str| format!("Hello {name},");
    let (subject, greeting, text, action, link, note) = match content {
        MailContent::VerifyEmail { name, link } => (
            format!("Confirm your address for {PRODUCT}"),
            hello(name),
            vec!["please confirm that this address is yours.".to_owned()],
            "Confirm address",
            link,
            "The link works once, for three days. If you did not register, ignore this mail: \
             nobody can sign in with an address that is not confirmed."
                .to_owned(),
        ),
        MailContent::AccountExists { name, link } => (
            format!("You already have an account at {PRODUCT}"),
            hello(name),
            vec![
                "somebody tried to register with your address. You have an account already: sign \
                 in, or set a new password if you forgot yours."
                    .to_owned(),
            ],
            "Sign in",
            link,
            "If that was not you, ignore this mail: nothing was changed.".to_owned(),
        ),
        MailContent::ResetPassword { name, link } => (
            format!("Set a new password for {PRODUCT}"),
            hello(name),
            vec![
                "with this link you can set a new password. All your sessions end then.".to_owned(),
            ],
            "Set a new password",
            link,
            "The link works once, for one hour. If you did not ask for it, ignore this mail: your \
             password stays as it is."
                .to_owned(),
        ),
        MailContent::Invitation {
            inviter,
            organization,
            link,
        } => (
            format!("{inviter} invites you to {organization}"),
            "Hello,".to_owned(),
            vec![format!(
                "{inviter} invites you to work in the organization {organization} at {PRODUCT}."
            )],
            "Accept the invitation",
            link,
            "If you do not know the sender, ignore this mail.".to_owned(),
        ),
        MailContent::BudgetAlert {
            organization,
            budget,
            percent,
            used,
            maximum,
            link,
        } => (
            format!("{percent} % of a budget of {organization} is used"),
            "Hello,".to_owned(),
            vec![format!(
                "the budget {budget} of {organization} has reached {percent} %: {used} of {maximum}."
            )],
            "See usage",
            link,
            "Calls that no longer fit into the budget are refused.".to_owned(),
        ),
    };
    Letter {
        subject,
        greeting,
        text,
        action,
        link: link.clone(),
        note,
        language: "en",
    }
}

fn german(content: &MailContent<'_>) -> Letter {
    let hello = |name: &str| format!("Guten Tag {name},");
    let (subject, greeting, text, action, link, note) = match content {
        MailContent::VerifyEmail { name, link } => (
            format!("Bestätigen Sie Ihre Adresse für {PRODUCT}"),
            hello(name),
            vec!["bitte bestätigen Sie, dass diese Adresse Ihnen gehört.".to_owned()],
            "Adresse bestätigen",
            link,
            "Der Link gilt einmal und drei Tage lang. Wenn Sie sich nicht registriert haben, ist \
             nichts zu tun: Mit einer unbestätigten Adresse kann sich niemand anmelden."
                .to_owned(),
        ),
        MailContent::AccountExists { name, link } => (
            format!("Sie haben schon ein Konto bei {PRODUCT}"),
            hello(name),
            vec![
                "jemand wollte sich mit Ihrer Adresse registrieren. Sie haben schon ein Konto: \
                 Melden Sie sich an, oder setzen Sie ein neues Passwort."
                    .to_owned(),
            ],
            "Anmelden",
            link,
            "Wenn Sie das nicht waren, ist nichts zu tun: Es wurde nichts geändert.".to_owned(),
        ),
        MailContent::ResetPassword { name, link } => (
            format!("Neues Passwort für {PRODUCT}"),
            hello(name),
            vec![
                "mit diesem Link können Sie ein neues Passwort setzen. Alle Ihre Sitzungen enden \
                 damit."
                    .to_owned(),
            ],
            "Neues Passwort setzen",
            link,
            "Der Link gilt einmal und eine Stunde lang. Wenn Sie ihn nicht angefordert haben, ist \
             nichts zu tun: Ihr Passwort bleibt, wie es ist."
                .to_owned(),
        ),
        MailContent::Invitation {
            inviter,
            organization,
            link,
        } => (
            format!("{inviter} lädt Sie zu {organization} ein"),
            "Guten Tag,".to_owned(),
            vec![format!(
                "{inviter} lädt Sie ein, in der Organisation {organization} bei {PRODUCT} \
                 mitzuarbeiten."
            )],
            "Einladung annehmen",
            link,
            "Wenn Sie den Absender nicht kennen, ist nichts zu tun.".to_owned(),
        ),
        MailContent::BudgetAlert {
            organization,
            budget,
            percent,
            used,
            maximum,
            link,
        } => (
            format!("{percent} % eines Budgets von {organization} sind verbraucht"),
            "Guten Tag,".to_owned(),
            vec![format!(
                "das Budget {budget} von {organization} hat {percent} % erreicht: {used} von \
                 {maximum}."
            )],
            "Verbrauch ansehen",
            link,
            "Aufrufe, die nicht mehr in das Budget passen, werden abgelehnt.".to_owned(),
        ),
    };
    Letter {
        subject,
        greeting,
        text,
        action,
        link: link.clone(),
        note,
        language: "de",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents() -> [MailContent<'static>; 5] {
        let link = || "https://x.org/a?token=T&b=1".to_owned();
        let evil = "<script>alert(1)</script>";
        [
            MailContent::VerifyEmail {
                name: evil,
                link: link(),
            },
            MailContent::AccountExists {
                name: evil,
                link: link(),
            },
            MailContent::ResetPassword {
                name: evil,
                link: link(),
            },
            MailContent::Invitation {
                inviter: evil,
                organization: evil,
                link: link(),
            },
            MailContent::BudgetAlert {
                organization: evil,
                budget: evil,
                percent: 80,
                used: "$8.00",
                maximum: "$10.00",
                link: link(),
            },
        ]
    }

    #[test]
    fn every_mail_has_its_link_in_both_forms_and_no_markup_of_its_readers() {
        for locale in [Locale::English, Locale::German] {
            for content in contents() {
                let kind = content.kind();
                let letter = letter(&Mail {
                    org_id: None,
                    to: "a@x.org",
                    locale,
                    content,
                });
                assert!(
                    letter.plain().contains("https://x.org/a?token=T&b=1"),
                    "{kind}"
                );
                let html = letter.html();
                assert!(
                    html.contains("href=\"https://x.org/a?token=T&amp;b=1\""),
                    "{kind}"
                );
                assert!(!html.contains("<script>"), "{kind}: {html}");
                assert!(
                    html.contains(&format!("lang=\"{}\"", locale.word())),
                    "{kind}"
                );
            }
        }
    }

    #[test]
    fn the_languages_differ_in_every_sentence() {
        for (english, german) in contents().into_iter().zip(contents()) {
            let write = |locale, content| {
                letter(&Mail {
                    org_id: None,
                    to: "a@x.org",
                    locale,
                    content,
                })
            };
            let (en, de) = (
                write(Locale::English, english),
                write(Locale::German, german),
            );
            assert!(en.subject != de.subject && en.greeting != de.greeting);
            assert!(en.action != de.action && en.note != de.note);
            assert!(en.text.iter().zip(&de.text).all(|(a, b)| a != b));
        }
    }
}
