//! The task that compares usage with budgets.

use std::collections::HashSet;
use std::time::Duration;

use accounts::{Budget, Mail, MailContent};
use store::{AlertId, BudgetId, DeliveryId, Micros, OrgId, Tx, in_tx};

use super::budget_words::{amount, describe};
use super::{BudgetAlert, THRESHOLDS, message, passed, sql};
use crate::Gateway;
use crate::limit::period_start;
use crate::usage::budget_use;

/// Calls that ring within this time are looked at together.
const GATHER: Duration = Duration::from_secs(2);

/// Runs until the program ends. Begins with all organizations, because a killed process may have
/// stored usage that nobody compared.
pub(crate) async fn run(gateway: Gateway) {
    for (org, _) in gateway.accounts().all_organization_facts() {
        gateway.alerts().used(org);
    }
    loop {
        gateway.alerts().0.bell.notified().await;
        tokio::time::sleep(GATHER).await;
        check_all(&gateway).await;
    }
}

/// Looks at every organization that rang since the last time.
pub(crate) async fn check_all(gateway: &Gateway) {
    let rung = gateway.alerts().take();
    if rung.is_empty() {
        return;
    }
    gateway.writer().flush().await;
    for (org, refused) in rung {
        if let Err(error) = check(gateway, org, &refused).await {
            tracing::warn!(%error, org.id = %org, "cannot compare usage with budgets; will try again");
            for budget in &refused {
                gateway.alerts().refused(org, *budget);
            }
            gateway.alerts().used(org);
        }
    }
}

pub(super) async fn check(
    gateway: &Gateway,
    org: OrgId,
    refused: &HashSet<BudgetId>,
) -> accounts::Result<()> {
    for budget in gateway.accounts().budgets_in_memory(org) {
        let refuses = refused.contains(&budget.id);
        check_budget(gateway, &budget, refuses).await?;
    }
    Ok(())
}

async fn check_budget(gateway: &Gateway, budget: &Budget, refuses: bool) -> accounts::Result<()> {
    let start = period_start(budget.period, gateway.now_us());
    let told = &gateway.alerts().0.told;
    let known = told.lock().get(&budget.id).copied();
    if known == Some((start, 100)) {
        return Ok(());
    }
    let spent = budget_use(gateway.db(), budget, start).await?;
    let Some(threshold) = passed(spent, budget.max, refuses) else {
        return Ok(());
    };
    if known.is_some_and(|(period, highest)| period == start && highest >= threshold) {
        return Ok(());
    }
    let before = sql::highest(gateway.db(), budget, Micros(start)).await?;
    if before.is_none_or(|before| before < threshold) {
        tell(gateway, budget, Micros(start), spent, threshold).await?;
    }
    let highest = before.map_or(threshold, |before| before.max(threshold));
    told.lock().insert(budget.id, (start, highest));
    Ok(())
}

/// Notes the thresholds up to this one, and tells of the highest if this instance noted it.
async fn tell(
    gateway: &Gateway,
    budget: &Budget,
    start: Micros,
    spent: i64,
    threshold: i64,
) -> accounts::Result<()> {
    let accounts = gateway.accounts();
    let (org, now) = (budget.org_id, Micros(gateway.now_us()));
    let organization = accounts.get_organization(org).await?;
    let words = describe(accounts, budget).await;
    let mut recipients = accounts.administrators(org).await?;
    if let Some(email) = organization.billing_email.clone()
        && !recipients.contains(&email)
    {
        recipients.push(email);
    }
    let has_webhook = accounts.signing_webhook(org).await?.is_some();
    let at = |threshold: i64| BudgetAlert {
        id: AlertId::new(),
        org_id: org,
        budget_id: budget.id,
        scope: budget.scope,
        scope_id: budget.scope_id,
        model: budget.model.clone(),
        period: budget.period,
        unit: budget.unit,
        period_start: start,
        threshold,
        spent,
        max: budget.max,
        created_at: now,
    };
    let told: accounts::Result<bool> = in_tx!(gateway.db(), tx: accounts::Error => {
        for lower in THRESHOLDS.into_iter().filter(|lower| *lower < threshold) {
            sql::note(tx, &at(lower)).await?;
        }
        let alert = at(threshold);
        if !sql::note(tx, &alert).await? {
            return Ok(false);
        }
        let mail = Alert { organization: &organization.name, words: &words, alert: &alert };
        for to in &recipients {
            mail.queue(gateway, tx, to).await?;
        }
        if has_webhook {
            let payload = message::budget_alert(&alert, &words);
            let id = DeliveryId::new();
            sql::queue(tx, id, org, message::BUDGET_ALERT, &payload, now).await?;
        }
        Ok(true)
    });
    if told? {
        tracing::info!(org.id = %org, budget.id = %budget.id, threshold, "a budget reached a threshold");
        gateway.alerts().0.queued.notify_one();
    }
    Ok(())
}

/// What the mail about a threshold says.
struct Alert<'a> {
    organization: &'a str,
    words: &'a str,
    alert: &'a BudgetAlert,
}

impl Alert<'_> {
    async fn queue(&self, gateway: &Gateway, tx: &mut Tx, to: &str) -> accounts::Result<()> {
        let accounts = gateway.accounts();
        let (unit, alert) = (self.alert.unit, self.alert);
        let locale = accounts.locale_of(tx, to).await?;
        let mail = Mail {
            org_id: Some(alert.org_id),
            to,
            locale,
            content: MailContent::BudgetAlert {
                organization: self.organization,
                budget: self.words,
                percent: u32::try_from(alert.threshold).unwrap_or(100),
                used: &amount(unit, alert.spent),
                maximum: &amount(unit, alert.max),
                link: format!("{}/usage", accounts.base_url()),
            },
        };
        accounts.queue_mail(tx, &mail).await
    }
}
