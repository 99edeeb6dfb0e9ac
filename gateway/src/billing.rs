//! What organizations pay for: monthly statements made from metered usage, and usage against the plan.
//!
//! A statement is read from the usage rows each time it is asked for. Rows of a month that is over do
//! not change, so neither does its statement. Amounts are integers from the row to the last line: the
//! total is the sum of the lines, to the nano-dollar.
//!
//! # Taking payments
//!
//! Nothing here takes money. Whoever adds that implements [`Payments`] and hands it to whatever
//! changes plans; the program itself leaves it to people ([`Agreed`]).

mod month;
mod overview;
mod pdf;
mod sql;
mod statement;

use futures_util::future::BoxFuture;
use store::OrgId;

pub use month::Month;
pub use overview::{Meter, Overview, Seats, overview};
pub use pdf::render;
pub use statement::{MonthTotal, Statement, StatementLine, StatementOf, months, statement};

/// How a change of plan is paid for.
///
/// A payment service (Stripe, an ERP) implements this: it is asked before a plan is changed, may send
/// the customer through a checkout first, and gets each finished month to write an invoice from.
pub trait Payments: Send + Sync {
    /// Asked before the plan changes.
    ///
    /// # Errors
    /// A sentence for the customer: why the change does not happen.
    fn before_change<'a>(
        &'a self,
        org: OrgId,
        from: &'a str,
        to: &'a str,
    ) -> BoxFuture<'a, Result<Approval, String>>;

    /// Told of a month that is over.
    ///
    /// # Errors
    /// A sentence for the log; it is told again.
    fn month_closed<'a>(&'a self, statement: &'a Statement) -> BoxFuture<'a, Result<(), String>>;
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
        _: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Approval, String>> {
        Box::pin(std::future::ready(Ok(Approval::Granted)))
    }

    fn month_closed<'a>(&'a self, _: &'a Statement) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests;
