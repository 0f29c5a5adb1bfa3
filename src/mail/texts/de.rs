//! German.

use super::language::{
    Announced, ApiKey, Changed, Confirm, DoneBy, Identity, Invitation, Language, OneTime, Provider, Report, Requested,
    Reset,
};

pub(super) const GERMAN: Language = Language {
    tag: "de",
    hello: "Guten Tag {recipient},",
    no_link: "[persönlicher Link]",
    no_password: "[Einmalpasswort]",
    no_time: "[Datum und Uhrzeit]",
    invitation: Invitation {
        subject: "Ihre Einladung zu {tenant}",
        subject_again: "Ihre neue Einladung zu {tenant}",
        offer: "Sie sind eingeladen, das Back-Office von {tenant} zu nutzen.",
        again: "Diese E-Mail ersetzt eine frühere. Der Link in der früheren E-Mail funktioniert nicht mehr.",
        writes: "Die Person, die Sie einlädt, schreibt:",
        open: "Öffnen Sie diesen Link, um die Einladung anzunehmen und Ihr Passwort zu wählen:",
        label: "Einladung annehmen",
        until: "Der Link gilt einmal und bis {until}. Bitten Sie danach um eine neue Einladung.",
        login: "Sie melden sich an als: {user_name}",
        alone: "Der Link ist nur für Sie bestimmt: Wer ihn hat, kann die Einladung an Ihrer Stelle annehmen. Wenn Sie diese \
                Einladung nicht erwartet haben, lassen Sie den Link unbenutzt; dann geschieht nichts.",
    },
    reset: Reset {
        subject: "Ihr neues Passwort für {tenant}",
        asked: "Jemand, vermutlich Sie selbst, hat ein neues Passwort für {tenant} angefordert (Benutzername: {user_name}).",
        sent: "Eine Administratorin oder ein Administrator von {tenant} schickt Ihnen diese E-Mail, damit Sie ein neues \
               Passwort festlegen können (Benutzername: {user_name}).",
        open: "Öffnen Sie diesen Link, um das neue Passwort zu wählen:",
        label: "Neues Passwort wählen",
        until: "Der Link gilt einmal und bis {until}. Wenn Sie mehrere solche E-Mails haben, nehmen Sie die neueste.",
        alone: "Der Link ist nur für Sie bestimmt: Wer ihn hat, kann Ihr Passwort festlegen.",
        not_asked: "Wenn Sie das nicht waren, lassen Sie den Link unbenutzt; dann ändert sich nichts.",
        not_expected: "Wenn Sie nicht wissen, warum Sie diese E-Mail erhalten, fragen Sie bei der Administration nach, bevor \
                       Sie den Link öffnen.",
    },
    one_time: OneTime {
        subject: "Ihr Einmalpasswort für {tenant}",
        subject_again: "Ihr neues Einmalpasswort für {tenant}",
        access: "Hier ist Ihr Zugang zum Back-Office von {tenant}.",
        again: "Diese E-Mail ersetzt eine frühere. Das Passwort in der früheren E-Mail funktioniert nicht mehr.",
        login: "Benutzername: {user_name}",
        password: "Einmalpasswort:",
        open: "Hier melden Sie sich an:",
        label: "Anmelden",
        until: "Das Passwort gilt für eine Anmeldung und bis {until}. Sobald Sie angemeldet sind, wählen Sie ein eigenes \
                Passwort.",
        alone: "Das Passwort ist nur für Sie bestimmt, und niemand wird Sie danach fragen. Wenn Sie diese E-Mail nicht erwartet \
                haben, lassen Sie das Passwort unbenutzt und geben Sie der Administration Bescheid.",
    },
    password_changed: Changed {
        subject: "Ihr Passwort für {tenant} wurde geändert",
        what: "Das Passwort Ihres Zugangs bei {tenant} wurde geändert. Zeitpunkt der Änderung: {at}",
        by_you: "Wenn Sie das waren, ist nichts weiter zu tun.",
        not_by_you: "Wenn nicht, kann sich womöglich jemand anderes als Sie anmelden: Fordern Sie sofort auf der Anmeldeseite \
                     ein neues Passwort an und geben Sie der Administration Bescheid.",
    },
    confirm: Confirm {
        subject: "Bitte bestätigen Sie Ihre neue E-Mail-Adresse für {tenant}",
        asked: "{address} soll die E-Mail-Adresse Ihres Zugangs bei {tenant} werden.",
        open: "Öffnen Sie diesen Link, um zu bestätigen, dass Sie unter dieser Adresse E-Mails lesen:",
        label: "Adresse bestätigen",
        until: "Der Link gilt einmal und bis {until}.",
        later: "Nach der Bestätigung gilt die neue Adresse, jedoch nicht vor diesem Zeitpunkt: {effective_at}. Bis dahin bleibt \
                es bei der alten.",
        at_once: "Nach der Bestätigung gilt die neue Adresse. Bis dahin bleibt es bei der alten.",
        not_asked: "Wenn Sie davon nichts wissen, lassen Sie den Link unbenutzt; dann ändert sich nichts.",
    },
    announced: Announced {
        subject: "Ihre neue E-Mail-Adresse für {tenant}",
        from: "{address} wird die E-Mail-Adresse Ihres Zugangs bei {tenant}. Die Änderung gilt ab diesem Zeitpunkt: \
               {effective_at}",
        not_asked: "Wenn Sie davon nichts wissen, hat sich womöglich jemand bei einer Adresse vertippt: Bitte geben Sie \
                    {tenant} Bescheid.",
    },
    requested: Requested {
        subject: "Ihre E-Mail-Adresse für {tenant} soll geändert werden",
        asked: "Die E-Mail-Adresse Ihres Zugangs bei {tenant} soll geändert werden, von dieser zu {address}. Die Änderung gilt \
                frühestens ab diesem Zeitpunkt: {effective_at}",
        by_you: "Wenn Sie das so möchten, ist nichts zu tun.",
        open: "Wenn nicht, öffnen Sie diesen Link, um die Änderung aufzuhalten:",
        label: "Änderung aufhalten",
        until: "Der Link gilt einmal und bis {until}.",
        not_by_you: "Wenn nicht Sie die Änderung angefordert haben, kann sich womöglich jemand anderes als Sie anmelden: Legen \
                     Sie auch ein neues Passwort fest und geben Sie der Administration Bescheid.",
    },
    address_changed: Changed {
        subject: "Ihre E-Mail-Adresse für {tenant} wurde geändert",
        what: "Die E-Mail-Adresse Ihres Zugangs bei {tenant} wurde geändert; E-Mails gehen jetzt an die neue. Zeitpunkt der \
                  Änderung: {at}",
        by_you: "Wenn Sie das wollten, ist nichts weiter zu tun.",
        not_by_you: "Wenn nicht, kann sich womöglich jemand anderes als Sie anmelden: Geben Sie sofort der Administration \
                     Bescheid.",
    },
    provider: Provider {
        subject: "Ihr Passwort für {tenant}",
        asked: "Jemand, vermutlich Sie selbst, hat ein neues Passwort für {tenant} angefordert.",
        elsewhere: "Sie melden sich bei {tenant} über einen anderen Dienst an, der Ihr Passwort verwaltet. Es lässt sich nur \
                    dort ändern.",
        place: "Das geht hier: {place}",
        no_place: "Wenn Sie nicht wissen, wo das ist, fragen Sie bei der Administration nach.",
        not_asked: "Wenn Sie das nicht waren, ist nichts zu tun, und es hat sich nichts geändert.",
    },
    report: Report {
        subject: "Sicherheitsbericht für {tenant}",
        about: "Dies ist der Sicherheitsbericht eines Zugangs bei {tenant}: {user}. Er wurde zu diesem Zeitpunkt erstellt: {at}",
        in_order: "Wenn hier etwas nicht so ist, wie es sein soll, geben Sie sofort der Administration Bescheid.",
        user_name: "Benutzername",
        status: "Status",
        api_only: "Nur für Schnittstellen: keine Anmeldung von Hand",
        password: "Passwort",
        provider: "Anmeldung über",
        api_keys: "Gültige API-Schlüssel",
        rights: "Rollen und Rechte, wie sie vergeben wurden",
        may: "Darf",
        sessions: "Jetzt angemeldet, seit",
        attempts: "Letzte Anmeldungen",
        changes: "Letzte Änderungen am Zugang, wie das Protokoll sie nennt",
        invited: "eingeladen",
        inactive: "inaktiv",
        active: "aktiv",
        suspended: "ausgesetzt",
        disabled: "gesperrt",
        no_password: "keines",
        one_time: "Einmalpasswort, angefordert",
        set: "festgelegt",
        everything: "alles",
        everywhere: "überall",
        elsewhere: "anderswo",
        seen: "zuletzt benutzt",
        succeeded: "gelungen",
        failed: "fehlgeschlagen",
        by_themselves: "durch die Person selbst",
        by_other: "durch jemand anderen",
        by_host: "durch das System",
        by_time: "von selbst, zum vorgesehenen Zeitpunkt",
    },
    done_by: DoneBy {
        own: "Das geschah, während jemand, vermutlich Sie selbst, als Sie angemeldet war.",
        other: "Vorgenommen hat das {by}.",
        tenant: "Das geschah im Auftrag von {tenant}.",
    },
    identity: Identity {
        subject: "Ihre Anmeldung bei {tenant} wurde geändert",
        linked: "Sie melden sich bei {tenant} jetzt über diesen Dienst an: {provider}. Ein Passwort, das Sie hier hatten, und jedes \
                 andere Konto, über das Sie sich angemeldet haben, gelten nicht mehr. Zeitpunkt der Änderung: {at}",
        unlinked: "Sie melden sich bei {tenant} nicht mehr über einen anderen Dienst an und haben hier kein Passwort, bis Sie \
                   eines festlegen. Zeitpunkt der Änderung: {at}",
        expected: "Wenn Sie das erwartet haben, ist nichts weiter zu tun.",
        not_expected: "Wenn nicht, kann sich womöglich jemand anderes als Sie anmelden: Geben Sie sofort der Administration \
                       Bescheid.",
    },
    api_key: ApiKey {
        subject: "Ein neuer API-Schlüssel für Ihren Zugang bei {tenant}",
        made: "Für Ihren Zugang bei {tenant} wurde ein API-Schlüssel erstellt. Er heißt „{key}“. Zeitpunkt der Erstellung: {at}",
        acts: "Mit dem Schlüssel kann ein Programm in Ihrem Namen handeln.",
        until: "Der Schlüssel gilt bis {expires_at}, wenn er nicht vorher widerrufen wird.",
        no_end: "Der Schlüssel gilt, bis er widerrufen wird.",
        expected: "Wenn Sie das erwartet haben, ist nichts weiter zu tun.",
        not_expected: "Wenn nicht, handelt womöglich jemand anderes in Ihrem Namen: Widerrufen Sie den Schlüssel und geben Sie sofort \
                       der Administration Bescheid. Ein neues Passwort allein beendet ihn nicht.",
    },
};
