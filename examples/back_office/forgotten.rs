//! Søren forgets his password, and gets a link to set a new one.

use std::path::Path;

use tenure::desk::Desk;
use tenure::id::UserId;
use tenure::{NewPassword, SignedIn, Tenure};

use crate::login::{phone, sign_in, stranger};
use crate::mailbox::{mail_to, show, token_in};
use crate::tell::{refused, say};
use crate::{NEW_PASSWORD, Result, SOREN};

/// Whoever asks, and for whomever: the answer is the same.
pub(crate) async fn he_asks_for_a_new_one(tenure: &Tenure) -> Result<()> {
    let tenant = tenure.single_tenant().id();
    tenure.request_reset(tenant, SOREN.0, &phone()).await?;
    tenure
        .request_reset(tenant, "nobody@nordwind.example", &stranger())
        .await?;
    let delivered = tenure.courier().deliver_due().await?;
    assert_eq!(delivered.sent, 1);
    say("He asks for a new one at the login page, and a stranger asks for one of somebody who does not exist.");
    say("Both get the same answer. One mail leaves.");
    Ok(())
}

pub(crate) async fn he_sets_a_new_one(
    tenure: &Tenure,
    desk: &Desk,
    soren: UserId,
    folder: &Path,
    session: &SignedIn,
) -> Result<()> {
    let mail = mail_to(soren, desk, folder).await?;
    show(&mail);
    let token = token_in(&mail)?;
    let new = |again: &str| NewPassword::new(NEW_PASSWORD).repeated(again);
    say("He mistypes the new one the second time. The link stays good:");
    let denied = refused(tenure.reset_password(&token, new("Koldskål")).await)?;
    assert_eq!(denied.fields(), ["repeated"]);
    tenure.reset_password(&token, new(NEW_PASSWORD)).await?;
    say("Then he sets it. The link is used up, his sessions are over, and the old password is a wrong one:");
    refused(tenure.reset_password(&token, new(NEW_PASSWORD)).await)?;
    refused(tenure.authenticate(session.token.expose(), &phone()).await)?;
    refused(sign_in(tenure, SOREN).await)?;
    assert_eq!(tenure.courier().deliver_due().await?.sent, 1);
    say("A second mail tells him that his password was changed, in case it was not him.");
    Ok(())
}
