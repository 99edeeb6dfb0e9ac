//! What the program says of itself under `/metrics`.

use std::collections::BTreeMap;

/// Values by name, labels included.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts(BTreeMap<String, f64>);

/// What a step of all jobs took.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) name: String,
    /// Of all jobs together, in seconds; several jobs run at once.
    pub(crate) seconds: f64,
}

impl Counts {
    pub(super) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let values = lines.filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Self(values.collect())
    }

    pub(super) fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// The steps of jobs since `before`, the longest first.
    pub(super) fn steps_since(&self, before: &Self) -> Vec<Step> {
        let all = self.0.iter().filter_map(|(name, seconds)| {
            let label = name.strip_prefix("nab_rag_step_duration_sum{step=\"")?;
            let seconds = seconds - before.get(name);
            (seconds > 0.0).then(|| Step {
                name: label.trim_end_matches("\"}").to_owned(),
                seconds,
            })
        });
        let mut steps: Vec<Step> = all.collect();
        steps.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_and_earlier_ones_taken_off() {
        let text = |parse: f64, embed: f64| {
            format!(
                "# TYPE nab_rag_step_duration histogram\n\
                 nab_rag_step_duration_bucket{{step=\"parse\",le=\"0.01\"}} 9\n\
                 nab_rag_step_duration_sum{{step=\"parse\"}} {parse}\n\
                 nab_rag_step_duration_sum{{step=\"embed\"}} {embed}\n\
                 nab_rag_pages_total 12\n"
            )
        };
        let (before, after) = (Counts::read(&text(1.0, 2.0)), Counts::read(&text(1.5, 4.0)));
        assert_eq!(after.get("nab_rag_pages_total"), 12.0);
        let step = |name: &str, seconds| Step {
            name: name.to_owned(),
            seconds,
        };
        let wanted = [step("embed", 2.0), step("parse", 0.5)];
        assert_eq!(after.steps_since(&before), wanted);
        assert!(after.steps_since(&after).is_empty());
    }
}
