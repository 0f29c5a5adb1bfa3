//! English.

use super::language::{
    Announced, ApiKey, Changed, Confirm, DoneBy, Identity, Invitation, Language, OneTime, Provider, Report, Requested,
    Reset,
};

pub(super) const ENGLISH: Language = Language {
    tag: "en",
    hello: "Hello {recipient},",
    no_link: "[personal link]",
    no_password: "[one-time password]",
    no_time: "[date and time]",
    invitation: Invitation {
        subject: "Your invitation to {tenant}",
        subject_again: "Your new invitation to {tenant}",
        offer: "{tenant} invites you to its back office.",
        again: "This mail takes the place of an earlier one. The link in the earlier mail no longer works.",
        writes: "The person who invites you writes:",
        open: "Open this link to accept the invitation and to choose your password:",
        label: "Accept the invitation",
        until: "The link works once, and until {until}. After that, ask for a new invitation.",
        login: "You will log in as: {user_name}",
        alone: "The link is meant for you alone: whoever has it can accept in your place. If you did not expect this \
                invitation, leave the link alone, and nothing will happen.",
    },
    reset: Reset {
        subject: "Your new password for {tenant}",
        asked: "Somebody, probably you, asked for a new password for {tenant} (user name: {user_name}).",
        sent: "An administrator of {tenant} sends you this mail, so that you can set a new password (user name: \
               {user_name}).",
        open: "Open this link to choose the new password:",
        label: "Choose a new password",
        until: "The link works once, and until {until}. If you have several such mails, take the newest.",
        alone: "The link is meant for you alone: whoever has it can set your password.",
        not_asked: "If it was not you who asked, leave the link alone, and nothing will change.",
        not_expected: "If you do not know why you got this mail, ask an administrator before you open the link.",
    },
    one_time: OneTime {
        subject: "Your one-time password for {tenant}",
        subject_again: "Your new one-time password for {tenant}",
        access: "Here is your access to the back office of {tenant}.",
        again: "This mail takes the place of an earlier one. The password in the earlier mail no longer works.",
        login: "User name: {user_name}",
        password: "One-time password:",
        open: "Log in here:",
        label: "Log in",
        until: "The password is good for one login, and until {until}. Once you are logged in, you choose a password of \
                your own.",
        alone: "The password is meant for you alone, and nobody will ask you for it. If you did not expect this mail, \
                leave the password unused, and tell an administrator.",
    },
    password_changed: Changed {
        subject: "Your password for {tenant} was changed",
        what: "The password of your user account at {tenant} was changed. It was done at this time: {at}",
        by_you: "If that was you, there is nothing left to do.",
        not_by_you: "If it was not, somebody else may be able to log in as you: ask for a new password on the login page \
                     at once, and tell an administrator.",
    },
    confirm: Confirm {
        subject: "Please confirm your new e-mail address for {tenant}",
        asked: "{address} is to become the e-mail address of your user account at {tenant}.",
        open: "Open this link to confirm that you read mail at this address:",
        label: "Confirm the address",
        until: "The link works once, and until {until}.",
        later: "Once confirmed, the new address takes effect, but not before {effective_at}. Until then, the old one \
                stays in use.",
        at_once: "Once confirmed, the new address takes effect. Until then, the old one stays in use.",
        not_asked: "If you know nothing of this, leave the link alone, and nothing will change.",
    },
    announced: Announced {
        subject: "Your new e-mail address for {tenant}",
        from: "{address} becomes the e-mail address of your user account at {tenant}. The change takes effect at this time: \
               {effective_at}",
        not_asked: "If you know nothing of this, somebody may have mistyped an address: please tell {tenant}.",
    },
    requested: Requested {
        subject: "Your e-mail address for {tenant} is to be changed",
        asked: "The e-mail address of your user account at {tenant} is to be changed, from this one to {address}. The change takes \
                effect at this time, or later: {effective_at}",
        by_you: "If that is what you want, there is nothing to do.",
        open: "If it is not, open this link to stop the change:",
        label: "Stop the change",
        until: "The link works once, and until {until}.",
        not_by_you: "If it was not you who asked for the change, somebody else may be able to log in as you: set a new \
                     password too, and tell an administrator.",
    },
    address_changed: Changed {
        subject: "Your e-mail address for {tenant} was changed",
        what: "The e-mail address of your user account at {tenant} was changed, and mail goes to the new one. It was done at this \
                  time: {at}",
        by_you: "If you asked for that, there is nothing left to do.",
        not_by_you: "If you did not, somebody else may be able to log in as you: tell an administrator at once.",
    },
    provider: Provider {
        subject: "Your password for {tenant}",
        asked: "Somebody, probably you, asked for a new password for {tenant}.",
        elsewhere: "You log in to {tenant} through another service, which keeps your password. It can only be changed there.",
        place: "This is the place: {place}",
        no_place: "If you do not know where that is, ask an administrator.",
        not_asked: "If it was not you who asked, there is nothing to do, and nothing has changed.",
    },
    report: Report {
        subject: "Security report for {tenant}",
        about: "This is the security report of a user account at {tenant}: {user}. It was made at this time: {at}",
        in_order: "If something here is not as it should be, tell an administrator at once.",
        user_name: "User name",
        status: "Status",
        api_only: "For APIs only: no login by hand",
        password: "Password",
        provider: "Logs in through",
        api_keys: "Usable API keys",
        rights: "Roles and permissions, as they were given",
        may: "May do",
        sessions: "Logged in now, since",
        attempts: "Recent logins",
        changes: "Recent changes of the account, as the log names them",
        invited: "invited",
        inactive: "inactive",
        active: "active",
        suspended: "suspended",
        disabled: "disabled",
        no_password: "none",
        one_time: "one-time password, asked for at",
        set: "set at",
        everything: "everything",
        everywhere: "everywhere",
        elsewhere: "elsewhere",
        seen: "last used at",
        succeeded: "succeeded",
        failed: "failed",
        by_themselves: "by the user",
        by_other: "by somebody else",
        by_host: "by the system",
        by_time: "by itself, when it was due",
    },
    done_by: DoneBy {
        own: "It was done by somebody, probably you, who was logged in as you.",
        other: "It was done by {by}.",
        tenant: "It was done on behalf of {tenant}.",
    },
    identity: Identity {
        subject: "Your login for {tenant} was changed",
        linked: "You now log in to your user account at {tenant} through this service: {provider}. A password that you had here, and \
                 any other account that you logged in through, are no longer good. It was done at this time: {at}",
        unlinked: "You no longer log in to your user account at {tenant} through another service, and have no password here until \
                   you set one. It was done at this time: {at}",
        expected: "If you expected this, there is nothing left to do.",
        not_expected: "If you did not, somebody else may be able to log in as you: tell an administrator at once.",
    },
    api_key: ApiKey {
        subject: "A new API key for your user account at {tenant}",
        made: "An API key was made for your user account at {tenant}. It is called “{key}”. It was made at this time: {at}",
        acts: "With the key, a program can act in your name.",
        until: "The key is good until {expires_at}, unless it is revoked before.",
        no_end: "The key is good until it is revoked.",
        expected: "If you expected this, there is nothing left to do.",
        not_expected: "If you did not, somebody else may act in your name: revoke the key, and tell an administrator at once. A new \
                       password alone does not end it.",
    },
};
