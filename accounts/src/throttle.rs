//! How often somebody may try: per account, per address, and per account from one address.
//!
//! An attempt is counted before it is judged, so a flood that arrives at once is counted too. Somebody
//! who knew the password makes the attempts on this account from this address forgotten.

use std::net::IpAddr;
use std::time::Duration;

use store::{Micros, UserId, in_tx};

use crate::api_key::{self, Hash};
use crate::sql::login_attempts::{self, Attempts};
use crate::{Accounts, Error, Result};

/// What is counted, and how much of it is let through within [`WINDOW`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Trying a password.
    Login,
    /// Having a mail sent to somebody.
    Mail,
    /// Trying a second factor. Few: codes are short, and who comes here knows the password.
    SecondFactor,
    /// Beginning a login with a passkey or at a provider, which guesses nothing.
    Begin,
}

/// The time in which attempts are counted.
pub(crate) const WINDOW: Duration = Duration::from_secs(15 * 60);

struct Limits {
    /// From one address on one account.
    both: i64,
    /// On one account from anywhere. High: others must not be able to lock a person out with ease.
    account: i64,
    /// From one address on any account: an office behind one address has many people.
    address: i64,
}

impl Action {
    const fn limits(self) -> Limits {
        match self {
            Self::Login => Limits {
                both: 10,
                account: 100,
                address: 100,
            },
            Self::SecondFactor => Limits {
                both: 10,
                account: 10,
                address: 100,
            },
            Self::Begin => Limits {
                both: 300,
                account: 300,
                address: 300,
            },
            Self::Mail => Limits {
                both: 4,
                account: 10,
                address: 30,
            },
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Mail => "mail",
            Self::SecondFactor => "second factor",
            Self::Begin => "begin",
        }
    }
}

/// Who is trying what.
#[derive(Debug)]
pub(crate) struct Attempt {
    account: Hash,
    address: String,
}

impl Attempt {
    /// `account` is what was typed as the address, whether or not there is such an account.
    pub(crate) fn new(action: Action, account: &str, address: Option<IpAddr>) -> Self {
        let prefix = action.prefix();
        Self {
            account: api_key::hash(&format!("{prefix} {}", account.trim().to_lowercase())),
            address: format!("{prefix} {}", group(address)),
        }
    }
}

impl Attempt {
    /// Somebody who begins a login; nobody knows yet whose.
    pub(crate) fn to_begin(address: Option<IpAddr>) -> Self {
        Self::new(Action::Begin, &group(address), address)
    }

    /// Somebody at an open session, wherever it is.
    pub(crate) fn at_session(user: UserId) -> Self {
        let who = format!("session {user}");
        Self {
            account: api_key::hash(&who),
            address: who,
        }
    }
}

/// One person has a whole /64 of IPv6.
fn group(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Some(v4) => v4.to_string(),
        None => "unknown".to_owned(),
    }
}

impl Accounts {
    /// Counts an attempt.
    ///
    /// # Errors
    /// `TooMany` when there were too many; this one is not counted then, so waiting helps.
    pub(crate) async fn count_attempt(&self, action: Action, attempt: &Attempt) -> Result<()> {
        let (now, limits) = (self.now(), action.limits());
        let since = now.minus(WINDOW);
        let (account, address) = (&attempt.account, attempt.address.as_str());
        in_tx!(self.db(), tx: Error => {
            let both = login_attempts::of_both(tx, account, address, since).await?;
            check(both, limits.both, now)?;
            let on_account = login_attempts::of_account(tx, account, since).await?;
            check(on_account, limits.account, now)?;
            let from_address = login_attempts::of_address(tx, address, since).await?;
            check(from_address, limits.address, now)?;
            login_attempts::insert(tx, account, address, now).await?;
            Ok(())
        })
    }

    /// Forgets the attempts: it was the right person.
    pub(crate) async fn forgive_attempts(&self, attempt: &Attempt) -> Result<()> {
        in_tx!(self.db(), tx: Error => {
            Ok(login_attempts::forgive(tx, &attempt.account, &attempt.address).await?)
        })
    }
}

fn check(attempts: Attempts, most: i64, now: Micros) -> Result<()> {
    if attempts.number < most {
        return Ok(());
    }
    let oldest = attempts.first.unwrap_or(now);
    let wait = WINDOW.saturating_sub(now.since(oldest));
    Err(Error::too_many(
        "too many attempts: try again later",
        wait.max(Duration::from_secs(1)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_grouped_by_who_holds_them() {
        let group_of = |text: &str| group(Some(text.parse().expect("an address")));
        assert_eq!(group_of("10.1.2.3"), "10.1.2.3");
        assert_eq!(group_of("::ffff:10.1.2.3"), "10.1.2.3");
        assert_eq!(group_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(group_of("2001:db8:1:2::9"), "2001:db8:1:2::/64");
    }
}
