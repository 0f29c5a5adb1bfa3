//! Swedish.

use super::language::{
    Announced, ApiKey, Changed, Confirm, DoneBy, Identity, Invitation, Language, OneTime, Provider, Report, Requested,
    Reset,
};

pub(super) const SWEDISH: Language = Language {
    tag: "sv",
    hello: "Hej {recipient}!",
    no_link: "[personlig länk]",
    no_password: "[engångslösenord]",
    no_time: "[datum och tid]",
    invitation: Invitation {
        subject: "Din inbjudan till {tenant}",
        subject_again: "Din nya inbjudan till {tenant}",
        offer: "Du är inbjuden till administrationssystemet hos {tenant}.",
        again: "Det här mejlet ersätter ett tidigare. Länken i det tidigare mejlet fungerar inte längre.",
        writes: "Den som bjuder in dig skriver:",
        open: "Öppna länken för att tacka ja till inbjudan och välja ditt lösenord:",
        label: "Tacka ja till inbjudan",
        until: "Länken fungerar en gång, fram till {until}. Be därefter om en ny inbjudan.",
        login: "Du loggar in som: {user_name}",
        alone: "Länken är bara avsedd för dig: den som har den kan tacka ja i ditt ställe. Om du inte väntade dig den här \
                inbjudan kan du låta länken vara; då händer ingenting.",
    },
    reset: Reset {
        subject: "Ditt nya lösenord till {tenant}",
        asked: "Någon, troligen du själv, har bett om ett nytt lösenord till {tenant} (användarnamn: {user_name}).",
        sent: "En administratör hos {tenant} skickar det här mejlet så att du kan välja ett nytt lösenord \
               (användarnamn: {user_name}).",
        open: "Öppna länken för att välja det nya lösenordet:",
        label: "Välj ett nytt lösenord",
        until: "Länken fungerar en gång, fram till {until}. Om du har fått flera sådana mejl, använd det nyaste.",
        alone: "Länken är bara avsedd för dig: den som har den kan välja ditt lösenord.",
        not_asked: "Om det inte var du som bad om det kan du låta länken vara; då ändras ingenting.",
        not_expected: "Om du inte vet varför du har fått det här mejlet bör du fråga en administratör innan du öppnar länken.",
    },
    one_time: OneTime {
        subject: "Ditt engångslösenord till {tenant}",
        subject_again: "Ditt nya engångslösenord till {tenant}",
        access: "Här är dina inloggningsuppgifter till administrationssystemet hos {tenant}.",
        again: "Det här mejlet ersätter ett tidigare. Lösenordet i det tidigare mejlet fungerar inte längre.",
        login: "Användarnamn: {user_name}",
        password: "Engångslösenord:",
        open: "Här loggar du in:",
        label: "Logga in",
        until: "Lösenordet gäller för en inloggning, fram till {until}. När du har loggat in väljer du ett eget lösenord.",
        alone: "Lösenordet är bara avsett för dig, och ingen kommer att fråga dig efter det. Om du inte väntade dig det här \
                mejlet ska du inte använda lösenordet; hör i stället av dig till en administratör.",
    },
    password_changed: Changed {
        subject: "Ditt lösenord till {tenant} har ändrats",
        what: "Lösenordet till ditt användarkonto hos {tenant} har ändrats. Tidpunkt för ändringen: {at}",
        by_you: "Om det var du behöver du inte göra något mer.",
        not_by_you: "Om det inte var du kan någon annan kanske logga in som du: be genast om ett nytt lösenord på \
                     inloggningssidan och hör av dig till en administratör.",
    },
    confirm: Confirm {
        subject: "Bekräfta din nya e-postadress hos {tenant}",
        asked: "{address} ska bli e-postadressen för ditt användarkonto hos {tenant}.",
        open: "Öppna länken för att bekräfta att du läser mejl på den här adressen:",
        label: "Bekräfta adressen",
        until: "Länken fungerar en gång, fram till {until}.",
        later: "När du har bekräftat den börjar den nya adressen gälla, men inte före {effective_at}. Till dess gäller den \
                gamla.",
        at_once: "När du har bekräftat den börjar den nya adressen gälla. Till dess gäller den gamla.",
        not_asked: "Om du inte känner till det här kan du låta länken vara; då ändras ingenting.",
    },
    announced: Announced {
        subject: "Din nya e-postadress hos {tenant}",
        from: "{address} blir e-postadressen för ditt användarkonto hos {tenant}. Ändringen gäller från den här tidpunkten: \
               {effective_at}",
        not_asked: "Om du inte känner till det här kan någon ha skrivit fel adress: hör gärna av dig till {tenant}.",
    },
    requested: Requested {
        subject: "Din e-postadress hos {tenant} ska ändras",
        asked: "E-postadressen för ditt användarkonto hos {tenant} ska ändras, från den här till {address}. Ändringen gäller \
                tidigast från den här tidpunkten: {effective_at}",
        by_you: "Om det stämmer behöver du inte göra något.",
        open: "Om det inte stämmer öppnar du länken för att stoppa ändringen:",
        label: "Stoppa ändringen",
        until: "Länken fungerar en gång, fram till {until}.",
        not_by_you: "Om det inte var du som bad om ändringen kan någon annan kanske logga in som du: välj då också ett nytt \
                     lösenord och hör av dig till en administratör.",
    },
    address_changed: Changed {
        subject: "Din e-postadress hos {tenant} har ändrats",
        what: "E-postadressen för ditt användarkonto hos {tenant} har ändrats, och mejl går nu till den nya. Tidpunkt för \
                  ändringen: {at}",
        by_you: "Om du har bett om det behöver du inte göra något mer.",
        not_by_you: "Om du inte har bett om det kan någon annan kanske logga in som du: hör genast av dig till en \
                     administratör.",
    },
    provider: Provider {
        subject: "Ditt lösenord till {tenant}",
        asked: "Någon, troligen du själv, har bett om ett nytt lösenord till {tenant}.",
        elsewhere: "Du loggar in hos {tenant} via en annan tjänst, som sköter ditt lösenord. Det kan bara ändras där.",
        place: "Det gör du här: {place}",
        no_place: "Om du inte vet var det är, fråga en administratör.",
        not_asked: "Om det inte var du som bad om det behöver du inte göra något, och ingenting har ändrats.",
    },
    report: Report {
        subject: "Säkerhetsrapport för {tenant}",
        about: "Det här är säkerhetsrapporten för ett användarkonto hos {tenant}: {user}. Den togs fram vid den här tidpunkten: \
                {at}",
        in_order: "Om något här inte är som det ska, hör genast av dig till en administratör.",
        user_name: "Användarnamn",
        status: "Status",
        api_only: "Endast för API: ingen inloggning för hand",
        password: "Lösenord",
        provider: "Loggar in via",
        api_keys: "Giltiga API-nycklar",
        rights: "Roller och behörigheter, som de har getts",
        may: "Får göra",
        sessions: "Inloggad nu, sedan",
        attempts: "Senaste inloggningar",
        changes: "Senaste ändringar av kontot, som loggen kallar dem",
        invited: "inbjuden",
        inactive: "inaktiv",
        active: "aktiv",
        suspended: "avstängd tills vidare",
        disabled: "avslutad",
        no_password: "inget",
        one_time: "engångslösenord, begärt",
        set: "satt",
        everything: "allt",
        everywhere: "överallt",
        elsewhere: "på annat håll",
        seen: "senast använd",
        succeeded: "lyckades",
        failed: "misslyckades",
        by_themselves: "av användaren",
        by_other: "av någon annan",
        by_host: "av systemet",
        by_time: "av sig själv, vid utsatt tid",
    },
    done_by: DoneBy {
        own: "Det gjordes av någon, troligen du själv, som var inloggad som du.",
        other: "Det gjordes av {by}.",
        tenant: "Det gjordes på uppdrag av {tenant}.",
    },
    identity: Identity {
        subject: "Din inloggning hos {tenant} har ändrats",
        linked: "Du loggar nu in hos {tenant} via den här tjänsten: {provider}. Ett lösenord som du hade här, och andra konton som \
                 du loggade in via, gäller inte längre. Tidpunkt för ändringen: {at}",
        unlinked: "Du loggar inte längre in hos {tenant} via en annan tjänst, och har inget lösenord här förrän du väljer ett. \
                   Tidpunkt för ändringen: {at}",
        expected: "Om du väntade dig det behöver du inte göra något mer.",
        not_expected: "Om du inte väntade dig det kan någon annan kanske logga in som du: hör genast av dig till en \
                       administratör.",
    },
    api_key: ApiKey {
        subject: "En ny API-nyckel för ditt användarkonto hos {tenant}",
        made: "En API-nyckel har skapats för ditt användarkonto hos {tenant}. Den heter ”{key}”. Tidpunkt då den skapades: {at}",
        acts: "Med nyckeln kan ett program handla i ditt namn.",
        until: "Nyckeln gäller fram till {expires_at}, om den inte återkallas tidigare.",
        no_end: "Nyckeln gäller tills den återkallas.",
        expected: "Om du väntade dig det behöver du inte göra något mer.",
        not_expected: "Om du inte väntade dig det kan någon annan kanske handla i ditt namn: återkalla nyckeln och hör genast av dig \
                       till en administratör. Det räcker inte med ett nytt lösenord.",
    },
};
