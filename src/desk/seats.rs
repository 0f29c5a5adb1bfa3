//! The seat count.

use super::Desk;
use crate::error::Error;
use crate::model::SeatContract;
use crate::rules::Operation;
use crate::store::Counter;

/// What the tenant is billed for (LO8).
#[derive(Debug, Clone, Copy)]
pub struct Seats<'a>(pub(super) &'a Desk);

/// How many seats are in use, contracted and billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SeatCount {
    /// Users that count: active, certain to be active again on a day, and (policy) invited. What is due but not yet
    /// written down still counts; [`Tenure::settle_due`](crate::Tenure::settle_due) writes it down.
    pub used: u32,
    /// What was contracted.
    pub contract: SeatContract,
    /// The larger of the two.
    pub billed: u32,
}

impl Seats<'_> {
    /// The count now: one counter, not a count of users.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn count(&self) -> Result<SeatCount, Error> {
        let cx = self.0.context().await?;
        cx.permit_everywhere(Operation::ReadSeats)?;
        let used = self
            .0
            .tenure
            .inner
            .store
            .counter(cx.tenant_id(), Counter::Seats)
            .await?;
        let used = u32::try_from(used).unwrap_or(0);
        let contract = cx.tenant.seats;
        Ok(SeatCount {
            used,
            contract,
            billed: contract.billed(used),
        })
    }
}
