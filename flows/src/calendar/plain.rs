//! Times in plain English and German, as lines of cron: `every weekday at 9`, `alle 15 Minuten`.

/// What is understood, for who wrote something else.
const UNDERSTOOD: &str = "write it as `every weekday at 9`, `every 15 minutes from 8 to 18`, `on Monday and Friday at 8:30`, \
     `on the 1st of each month at 8:30`, `jeden Werktag um 9 Uhr`, or as cron such as `0 9 * * 1-5`";

/// An hour and a minute.
type Time = (u32, u32);

/// What the words say, in whatever order.
#[derive(Debug, Default)]
struct Said {
    is_daily: bool,
    is_monthly: bool,
    /// Days of the week, 0 is Sunday.
    weekdays: Vec<u32>,
    days: Vec<u32>,
    months: Vec<u32>,
    times: Vec<Time>,
    /// Minutes between two runs.
    interval: Option<u32>,
    window: Option<(u32, u32)>,
}

/// Whether a line is words: those of cron never begin with a letter.
pub(super) fn is_plain(line: &str) -> bool {
    line.trim_start().starts_with(char::is_alphabetic)
}

/// The lines of cron that mean the same as these words.
///
/// # Errors
/// What is not understood or missing, and what is understood.
pub(super) fn lines_of(line: &str) -> Result<Vec<String>, String> {
    let wrong = |why: String| format!("`{line:.80}`: {why}; {UNDERSTOOD}");
    if line.len() > 200 {
        return Err(wrong("it is too long".to_owned()));
    }
    let words = words_of(line);
    let said = read(&words).map_err(wrong)?;
    said.lines().map_err(wrong)
}

fn words_of(line: &str) -> Vec<String> {
    let text = line
        .to_lowercase()
        .replace("a.m.", "am")
        .replace("p.m.", "pm");
    // A range and a list are words of their own; a point belongs to `1.` and `9.30`.
    let text = text
        .replace(['-', '–'], " to ")
        .replace([',', '&', '+'], " and ");
    text.split_whitespace().map(str::to_owned).collect()
}

fn read(words: &[String]) -> Result<Said, String> {
    let mut said = Said::default();
    let mut at = 0;
    // What a bare number is: a time behind `at 9` and behind `at 9 and`.
    let mut is_time = false;
    while let Some(word) = words.get(at) {
        let rest = &words[at + 1..];
        let (used, next_is_time) = one(&mut said, word, rest, is_time)?;
        at += 1 + used;
        is_time = next_is_time;
    }
    Ok(said)
}

/// Reads one word with what belongs to it. Gives how many of `rest` it used, and whether a bare number
/// after it is a time.
fn one(
    said: &mut Said,
    word: &str,
    rest: &[String],
    is_time: bool,
) -> Result<(usize, bool), String> {
    match word {
        "every" | "each" | "jeden" | "jede" | "jedes" | "alle" | "aller" => {
            return Ok((every(said, rest)?, false));
        }
        "at" | "um" | "@" | "gegen" => return Ok((0, true)),
        "from" | "between" | "von" | "zwischen" | "ab" => {
            return Ok((window(said, rest)?, false));
        }
        "and" | "und" | "sowie" => return Ok((0, is_time)),
        "uhr" | "o'clock" => return Ok((0, is_time)),
        "on" | "the" | "of" | "am" | "an" | "den" | "der" | "dem" | "des" | "in" | "im" | "day"
        | "tag" | "tags" | "tages" => return Ok((0, false)),
        "noon" | "mittag" | "mittags" => said.times.push((12, 0)),
        "midnight" | "mitternacht" | "mitternachts" => said.times.push((0, 0)),
        "daily" | "täglich" | "taeglich" => said.is_daily = true,
        "hourly" | "stündlich" | "stuendlich" => repeat(said, 60)?,
        "monthly" | "monatlich" | "month" | "monat" | "monats" => said.is_monthly = true,
        "weekly" | "wöchentlich" | "woechentlich" => {}
        _ => return days_or_time(said, word, rest, is_time),
    }
    Ok((0, is_time))
}

/// What stands behind `every`.
fn every(said: &mut Said, rest: &[String]) -> Result<usize, String> {
    let Some(word) = rest.first() else {
        return Err("it ends behind `every`".to_owned());
    };
    if let Ok(count) = word.parse::<u32>() {
        let unit = rest.get(1).map_or("", String::as_str);
        let minutes = unit_of(unit).ok_or_else(|| {
            format!(
                "only every so many minutes or hours is possible, not `every {count} {unit:.40}`"
            )
        })?;
        repeat(said, count.saturating_mul(minutes))?;
        return Ok(2);
    }
    if let Some(minutes) = unit_of(word) {
        repeat(said, minutes)?;
        return Ok(1);
    }
    match word.as_str() {
        "day" | "days" | "tag" | "tage" => said.is_daily = true,
        "week" | "woche" => {}
        // `every second Monday` is no `Monday and the 2nd`.
        _ if day_of_month(word).is_some_and(|day| day > 1) && !is_of_month(rest.get(1)) => {
            return Err(format!("`every {word:.40}` is not possible"));
        }
        _ => return Ok(0),
    }
    Ok(1)
}

fn is_of_month(word: Option<&String>) -> bool {
    word.is_some_and(|word| matches!(word.as_str(), "of" | "des" | "im" | "in"))
}

fn unit_of(word: &str) -> Option<u32> {
    match word {
        "minute" | "minutes" | "min" | "minuten" => Some(1),
        "hour" | "hours" | "stunde" | "stunden" => Some(60),
        _ => None,
    }
}

fn repeat(said: &mut Said, minutes: u32) -> Result<(), String> {
    if said.interval.is_some() {
        return Err("it says twice how often".to_owned());
    }
    let fits = match minutes {
        0 => false,
        1..60 => 60_u32.is_multiple_of(minutes),
        _ => minutes.is_multiple_of(60) && 1_440_u32.is_multiple_of(minutes),
    };
    if !fits {
        return Err(
            "the minutes must divide an hour (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30), the hours a day \
             (1, 2, 3, 4, 6, 8, 12, 24)"
                .to_owned(),
        );
    }
    said.interval = Some(minutes);
    Ok(())
}

/// `8 to 18` behind `from`; `Monday to Friday` is read as days.
fn window(said: &mut Said, rest: &[String]) -> Result<usize, String> {
    let Some((first, used)) = rest.first().and_then(|word| time_of(word, &rest[1..])) else {
        return Ok(0);
    };
    let mut at = 1 + used;
    if !rest
        .get(at)
        .is_some_and(|word| is_to(word) || word == "and" || word == "und")
    {
        return Err(format!(
            "it does not say until when, as in `from {} to 18`",
            first.0
        ));
    }
    at += 1;
    let last = rest.get(at).and_then(|word| time_of(word, &rest[at + 1..]));
    let (last, used) = last.ok_or("it does not say until when, as in `from 8 to 18`")?;
    if first.1 != 0 || last.1 != 0 {
        return Err("the span must begin and end at full hours".to_owned());
    }
    if first.0 >= last.0 {
        return Err("the span must end later on the same day than it begins".to_owned());
    }
    said.window = Some((first.0, last.0));
    Ok(at + 1 + used)
}

fn is_to(word: &str) -> bool {
    matches!(word, "to" | "till" | "until" | "through" | "bis")
}

fn days_or_time(
    said: &mut Said,
    word: &str,
    rest: &[String],
    is_time: bool,
) -> Result<(usize, bool), String> {
    if matches!(word, "weekday" | "weekdays" | "workday" | "workdays")
        || word.starts_with("werktag")
        || word.starts_with("arbeitstag")
    {
        said.weekdays.extend(1..=5);
        return Ok((0, false));
    }
    if word.starts_with("weekend") || word.starts_with("wochenende") {
        said.weekdays.extend([6, 0]);
        return Ok((0, false));
    }
    if let Some(first) = weekday_of(word) {
        let last = rest.get(1).and_then(|word| weekday_of(word));
        if let (Some(true), Some(last)) = (rest.first().map(|word| is_to(word)), last) {
            // Friday to Monday goes over the end of the week.
            let count = (last + 7 - first) % 7;
            said.weekdays
                .extend((0..=count).map(|step| (first + step) % 7));
            return Ok((2, false));
        }
        said.weekdays.push(first);
        return Ok((0, false));
    }
    if let Some(month) = month_of(word) {
        said.months.push(month);
        return Ok((0, false));
    }
    let has_unit = rest
        .first()
        .is_some_and(|next| matches!(next.as_str(), "uhr" | "am" | "pm" | "o'clock"));
    let is_time =
        is_time || word.contains(':') || has_unit || word.ends_with("am") || word.ends_with("pm");
    if is_time && let Some((time, used)) = time_of(word, rest) {
        said.times.push(time);
        return Ok((used, true));
    }
    if let Some(day) = day_of_month(word) {
        said.days.push(day);
        return Ok((0, false));
    }
    Err(format!("`{word:.40}` is not understood"))
}

/// `9`, `9:30`, `9.30`, `9am`, `9 pm`, `9 uhr`, `9 uhr 30`, and how many words of `rest` belong to it.
fn time_of(word: &str, rest: &[String]) -> Option<(Time, usize)> {
    let glued = ["am", "pm"].into_iter().find(|half| word.ends_with(half));
    let digits = glued.map_or(word, |half| &word[..word.len() - half.len()]);
    let (hour, minute) = digits.split_once([':', '.']).unwrap_or((digits, "0"));
    let number = |text: &str| {
        text.parse::<u32>()
            .ok()
            .filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (hour, mut minute) = (number(hour)?, number(minute)?);
    let next = rest.first().map(String::as_str);
    let mut used = 0;
    let half = match next {
        // `um 9 am Montag` is German: the same time, but 12 would become midnight.
        Some(half @ ("am" | "pm"))
            if glued.is_none()
                && (1..=12).contains(&hour)
                && (half == "pm"
                    || rest.len() == 1
                    || rest.get(1).is_some_and(|word| !is_german_day(word))) =>
        {
            used = 1;
            Some(half)
        }
        Some("uhr" | "o'clock") => {
            used = 1;
            if let Some(more) = rest.get(1).and_then(|word| number(word)) {
                (minute, used) = (more, 2);
            }
            glued
        }
        _ => glued,
    };
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some("am") => hour % 12,
        Some(_) => hour % 12 + 12,
        None => hour,
    };
    (hour < 24 && minute < 60).then_some(((hour, minute), used))
}

fn is_german_day(word: &str) -> bool {
    word.ends_with("tag")
        || word.ends_with("tags")
        || matches!(word, "mittwoch" | "wochenende")
        || word.ends_with('.')
}

fn weekday_of(word: &str) -> Option<u32> {
    const NAMES: [[&str; 2]; 7] = [
        ["sunday", "sonntag"],
        ["monday", "montag"],
        ["tuesday", "dienstag"],
        ["wednesday", "mittwoch"],
        ["thursday", "donnerstag"],
        ["friday", "freitag"],
        ["saturday", "samstag"],
    ];
    const SHORT: [&[&str]; 7] = [
        &["sun", "so"],
        &["mon", "mo"],
        &["tue", "tues", "di"],
        &["wed", "mi"],
        &["thu", "thur", "thurs", "do"],
        &["fri", "fr"],
        &["sat", "sa", "sonnabend", "sonnabends"],
    ];
    let bare = word.strip_suffix('s').unwrap_or(word);
    let found = NAMES.iter().position(|names| names.contains(&bare));
    let found = found.or_else(|| SHORT.iter().position(|names| names.contains(&word)));
    found.and_then(|at| u32::try_from(at).ok())
}

fn month_of(word: &str) -> Option<u32> {
    const NAMES: [&[&str]; 12] = [
        &["january", "jan", "januar", "jänner"],
        &["february", "feb", "februar"],
        &["march", "mar", "märz", "maerz"],
        &["april", "apr"],
        &["may", "mai"],
        &["june", "jun", "juni"],
        &["july", "jul", "juli"],
        &["august", "aug"],
        &["september", "sep", "sept"],
        &["october", "oct", "oktober", "okt"],
        &["november", "nov"],
        &["december", "dec", "dezember", "dez"],
    ];
    let found = NAMES.iter().position(|names| names.contains(&word));
    found.and_then(|at| u32::try_from(at + 1).ok())
}

/// `1st`, `first`, `1.`, `ersten`.
fn day_of_month(word: &str) -> Option<u32> {
    match word {
        "first" | "erster" | "ersten" | "erste" => return Some(1),
        "second" | "zweiter" | "zweiten" | "zweite" => return Some(2),
        "third" | "dritter" | "dritten" | "dritte" => return Some(3),
        _ => {}
    }
    let ends = ["st", "nd", "rd", "th", "."];
    let digits = ends.into_iter().find_map(|end| word.strip_suffix(end))?;
    digits.parse().ok().filter(|day| (1..=31).contains(day))
}

impl Said {
    fn lines(&self) -> Result<Vec<String>, String> {
        let is_monthly = self.is_monthly || !self.months.is_empty();
        if !self.weekdays.is_empty() && (!self.days.is_empty() || is_monthly) {
            return Err("days of the week and of the month cannot be said together".to_owned());
        }
        let has_days = !self.weekdays.is_empty() || !self.days.is_empty() || is_monthly;
        if self.is_daily && has_days {
            return Err("it says every day and certain days".to_owned());
        }
        if !self.days.is_empty() && !is_monthly {
            return Err(
                "it does not say of which month, as in `on the 1st of each month`".to_owned(),
            );
        }
        if is_monthly && self.days.is_empty() {
            return Err("it does not say on which day of the month".to_owned());
        }
        let dates = format!(
            "{} {} {}",
            list(&self.days),
            list(&self.months),
            list(&self.weekdays)
        );
        if let Some(minutes) = self.interval {
            if !self.times.is_empty() {
                return Err("it says how often and at which time".to_owned());
            }
            return Ok(repeated(minutes, self.window, &dates));
        }
        if self.window.is_some() {
            return Err("it does not say how often in this span".to_owned());
        }
        if self.times.is_empty() {
            return Err("it does not say at which time".to_owned());
        }
        if !self.is_daily && self.weekdays.is_empty() && self.days.is_empty() {
            return Err("it does not say on which days".to_owned());
        }
        let lines = self.times.iter();
        Ok(lines
            .map(|(hour, minute)| format!("{minute} {hour} {dates}"))
            .collect())
    }
}

/// Every so many minutes, in a span of hours with both its ends.
fn repeated(minutes: u32, window: Option<(u32, u32)>, dates: &str) -> Vec<String> {
    let hours = minutes / 60;
    match window {
        None if hours == 24 => vec![format!("0 0 {dates}")],
        None if hours > 0 => vec![format!("0 */{hours} {dates}")],
        None => vec![format!("*/{minutes} * {dates}")],
        Some((first, last)) if hours > 0 => vec![format!("0 {first}-{last}/{hours} {dates}")],
        Some((first, last)) => vec![
            format!("*/{minutes} {first}-{} {dates}", last - 1),
            format!("0 {last} {dates}"),
        ],
    }
}

fn list(values: &[u32]) -> String {
    let values: std::collections::BTreeSet<u32> = values.iter().copied().collect();
    if values.is_empty() {
        return "*".to_owned();
    }
    let words: Vec<String> = values.iter().map(ToString::to_string).collect();
    words.join(",")
}

#[cfg(test)]
mod tests {
    use super::lines_of;

    #[test]
    fn english_and_german_say_the_same() {
        for (words, wanted) in [
            ("every weekday at 9", "0 9 * * 1,2,3,4,5"),
            ("Jeden Werktag um 9 Uhr", "0 9 * * 1,2,3,4,5"),
            ("every 15 minutes", "*/15 * * * *"),
            ("alle 15 Minuten", "*/15 * * * *"),
            ("every hour", "0 */1 * * *"),
            ("stündlich", "0 */1 * * *"),
            (
                "every 2 hours from 8 to 18 on weekdays",
                "0 8-18/2 * * 1,2,3,4,5",
            ),
            ("on the first of each month at 8:30", "30 8 1 * *"),
            ("am 1. jeden Monats um 8.30 Uhr", "30 8 1 * *"),
            ("jeden Monat am 15. um 8 Uhr 30", "30 8 15 * *"),
            ("every day at 9am and 5:30 pm", "0 9 * * *|30 17 * * *"),
            ("täglich um 9 und 17 Uhr", "0 9 * * *|0 17 * * *"),
            ("on Mondays and Thu at noon", "0 12 * * 1,4"),
            ("montags, mittwochs und freitags um 7:05", "5 7 * * 1,3,5"),
            ("Monday to Friday at 12 am", "0 0 * * 1,2,3,4,5"),
            ("von Montag bis Freitag um 6", "0 6 * * 1,2,3,4,5"),
            ("fri-mon at 6", "0 6 * * 0,1,5,6"),
            ("um 12 am Montag", "0 12 * * 1"),
            ("at 9 on the 1st and 15th of January", "0 9 1,15 1 *"),
            ("am 24. Dezember um Mitternacht", "0 0 24 12 *"),
            (
                "alle 30 Minuten zwischen 8 und 18 Uhr",
                "*/30 8-17 * * *|0 18 * * *",
            ),
        ] {
            let lines = lines_of(words).map(|lines| lines.join("|"));
            assert_eq!(lines.as_deref(), Ok(wanted), "{words}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_can() {
        for (words, why) in [
            ("every fortnight at 9", "`fortnight` is not understood"),
            ("every 7 minutes", "must divide an hour"),
            ("every 0 minutes", "must divide an hour"),
            ("every 2 weeks", "only every so many minutes or hours"),
            ("every second monday at 9", "is not possible"),
            (
                "every first monday of the month at 9",
                "cannot be said together",
            ),
            ("every weekday", "at which time"),
            ("at 9", "on which days"),
            ("on the 1st at 9", "of which month"),
            ("monthly at 9", "on which day of the month"),
            ("every day at 25", "`25` is not understood"),
            ("every day at 13pm", "is not understood"),
            ("every 5 minutes at 9", "how often and at which time"),
            ("every 5 minutes from 18 to 8", "must end later"),
            ("every day from 8 to 18 at 9", "how often in this span"),
            (
                "every day on the 1st of each month at 9",
                "every day and certain days",
            ),
            ("every", "it ends behind"),
            ("last day of the month at 9", "`last` is not understood"),
        ] {
            let message = lines_of(words).expect_err(words);
            assert!(message.contains(why), "{words}: {message}");
            assert!(message.contains("`every weekday at 9`"), "{message}");
        }
    }
}
