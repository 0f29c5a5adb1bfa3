//! The five back offices that the requirements come from: one file each, on every shipped store.

#[cfg(test)]
mod billing;
#[cfg(test)]
mod client_portal;
#[cfg(test)]
mod invoice_flow;
#[cfg(test)]
mod logistics;
#[cfg(test)]
mod point_of_sale;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
