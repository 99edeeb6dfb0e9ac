//! A budget in words, for people who read mails.

use accounts::{Accounts, Budget, Period, ScopeKind, Unit};
use store::{KeyId, TeamId, UserId};

use crate::stages::admit::dollars;

/// What a budget is on: `of the team Research for gpt-*, per month`.
pub(super) async fn describe(accounts: &Accounts, budget: &Budget) -> String {
    let whose = match budget.scope {
        ScopeKind::Organization => "of the whole organization".to_owned(),
        kind => format!("of the {kind} {}", name(accounts, budget).await),
    };
    let model = budget.model.as_deref();
    let on = model.map(|model| format!(" for {model}"));
    let per = match budget.period {
        Period::Total => "in total".to_owned(),
        period => format!("per {period}"),
    };
    format!("{whose}{}, {per}", on.unwrap_or_default())
}

/// The name of a team, person or key; its id when it is gone meanwhile.
async fn name(accounts: &Accounts, budget: &Budget) -> String {
    let (org, id) = (budget.org_id, budget.scope_id);
    let name = match budget.scope {
        ScopeKind::Organization => None,
        ScopeKind::Team => {
            let team = accounts.get_team(org, TeamId::from_uuid(id)).await;
            team.ok().map(|team| team.name)
        }
        ScopeKind::User => {
            let member = accounts.get_member(org, UserId::from_uuid(id)).await;
            member.ok().map(|member| member.name)
        }
        ScopeKind::Key => {
            let key = accounts.get_key(org, KeyId::from_uuid(id)).await;
            key.ok().map(|key| key.name)
        }
    };
    name.unwrap_or_else(|| id.to_string())
}

/// An amount with its unit.
pub(super) fn amount(unit: Unit, amount: i64) -> String {
    match unit {
        Unit::NanoUsd => format!("${}", dollars(amount)),
        Unit::Tokens => format!("{amount} tokens"),
    }
}
