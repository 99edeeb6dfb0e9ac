//! What organizations pay for: monthly statements made from metered usage, and usage against the plan.
//!
//! A statement is read from the usage rows each time it is asked for. Rows of a month that is over do
//! not change, so neither does its statement. Amounts are integers from the row to the last line: the
//! total is the sum of the lines, to the nano-dollar.
//!
//! # Taking payments
//!
//! Nothing here takes money. Whoever adds that implements [`Payments`]; until then it is left to
//! people ([`Agreed`]).

mod month;
mod overview;
mod pdf;
mod sql;
mod statement;

use accounts::Plan;
use futures_util::future::BoxFuture;
use store::OrgId;

pub use month::Month;
pub use overview::{Meter, Overview, Seats, overview};
pub use pdf::render;
pub use statement::{MonthTotal, Statement, StatementLine, StatementOf, months, statement};

/// How a change of plan is paid for.
///
/// A payment service (Stripe, an ERP) implements this and is given to
/// [`Gateway::set_payments`](crate::Gateway::set_payments): it is asked before a plan is changed and may
/// send the customer through a checkout first. Invoices are made from [`statement`]s.
pub trait Payments: Send + Sync {
    /// Asked before the plan changes.
    ///
    /// # Errors
    /// A sentence for the customer: why the change does not happen.
    fn before_change<'a>(
        &'a self,
        org: OrgId,
        from: &'a Plan,
        to: &'a Plan,
    ) -> BoxFuture<'a, Result<Approval, String>>;
}

/// What a payment service says to a change of plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// Change it now.
    Granted,
    /// Send the customer there first; the service asks for the change when it is paid.
    Checkout {
        /// Where the customer pays.
        url: String,
    },
}

/// Payment is agreed on between people, outside of the program: every change is granted, and
/// statements are for them to work with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Agreed;

impl Payments for Agreed {
    fn before_change<'a>(
        &'a self,
        _: OrgId,
        _: &'a Plan,
        _: &'a Plan,
    ) -> BoxFuture<'a, Result<Approval, String>> {
        Box::pin(std::future::ready(Ok(Approval::Granted)))
    }
}

#[cfg(test)]
mod tests;
