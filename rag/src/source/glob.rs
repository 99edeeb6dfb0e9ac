//! Which files are taken: globs, matched in time linear in the path.

use regex::{Regex, RegexBuilder};

use crate::{Error, Result};

/// Most globs of a list, and the longest.
const MOST: usize = 64;
const LONGEST: usize = 256;

/// Files to take and files to leave out.
#[derive(Debug, Clone)]
pub(crate) struct Globs {
    include: Vec<Regex>,
    exclude: Vec<Regex>,
}

impl Globs {
    /// `*` stands for anything in one part of a path, `**` for any number of parts, `?` for one
    /// letter, `{a,b}` for either. A glob without `/` is about the file's name in any folder, one that
    /// ends with `/` about everything in such a folder.
    ///
    /// # Errors
    /// `Invalid`, naming the glob.
    pub(crate) fn new(include: &[String], exclude: &[String]) -> Result<Self> {
        Ok(Self {
            include: compiled("include", include)?,
            exclude: compiled("exclude", exclude)?,
        })
    }

    /// Whether a file is taken.
    pub(crate) fn take(&self, path: &str) -> bool {
        let any = |globs: &[Regex]| globs.iter().any(|glob| glob.is_match(path));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }
}

fn compiled(field: &str, globs: &[String]) -> Result<Vec<Regex>> {
    if globs.len() > MOST {
        return Err(Error::invalid(format!(
            "`{field}` may have {MOST} globs at most"
        )));
    }
    let compile = |glob: &String| {
        let wrong = |why: &str| Error::invalid(format!("`{field}`: the glob `{glob:.80}` {why}"));
        if glob.trim().is_empty() || glob.len() > LONGEST {
            return Err(wrong("must have 1 to 256 bytes"));
        }
        let text = expression(glob).ok_or_else(|| wrong("has braces that do not match"))?;
        let regex = RegexBuilder::new(&text).size_limit(1 << 20).build();
        regex.map_err(|_| wrong("is too large"))
    };
    globs.iter().map(compile).collect()
}

/// The regular expression of a glob; `None` where braces do not match.
fn expression(glob: &str) -> Option<String> {
    let mut text = String::from("^(?s)");
    let glob = glob.strip_prefix("./").unwrap_or(glob);
    let rooted = glob.trim_end_matches('/').contains('/');
    let glob_body = glob.strip_prefix('/').unwrap_or(glob);
    if !rooted {
        text.push_str("(?:.*/)?");
    }
    let mut rest = glob_body.chars().peekable();
    let mut braces = 0;
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.peek() == Some(&'*') => {
                rest.next();
                match rest.next_if_eq(&'/') {
                    Some(_) => text.push_str("(?:.*/)?"),
                    None => text.push_str(".*"),
                }
            }
            '*' => text.push_str("[^/]*"),
            '?' => text.push_str("[^/]"),
            '{' => {
                braces += 1;
                text.push_str("(?:");
            }
            '}' if braces > 0 => {
                braces -= 1;
                text.push(')');
            }
            '}' => return None,
            ',' if braces > 0 => text.push('|'),
            c => text.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    if glob.ends_with('/') {
        text.push_str(".*");
    }
    text.push('$');
    (braces == 0).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(include: &[&str], exclude: &[&str], path: &str) -> bool {
        let list = |globs: &[&str]| {
            globs
                .iter()
                .map(|glob| (*glob).to_owned())
                .collect::<Vec<_>>()
        };
        let globs = Globs::new(&list(include), &list(exclude)).expect("globs");
        globs.take(path)
    }

    #[test]
    fn globs_mean_what_people_expect() {
        for (glob, path, wanted) in [
            ("*.pdf", "a.pdf", true),
            ("*.pdf", "x/y/a.pdf", true),
            ("*.pdf", "a.pdf.txt", false),
            ("x/*.pdf", "x/a.pdf", true),
            ("x/*.pdf", "x/y/a.pdf", false),
            ("x/**/*.pdf", "x/a.pdf", true),
            ("x/**/*.pdf", "x/y/z/a.pdf", true),
            ("**/drafts/**", "a/drafts/b.md", true),
            ("drafts/", "a/drafts/b/c.md", true),
            ("drafts/", "drafts.md", false),
            ("*.{md,txt}", "a/b.txt", true),
            ("*.{md,txt}", "a/b.rst", false),
            ("?.md", "ü.md", true),
            ("a+b(1).md", "x/a+b(1).md", true),
            (".*", "x/.hidden", true),
            (".*", "x/y.z", false),
            ("/top.md", "top.md", true),
            ("/top.md", "x/top.md", false),
            ("報告*.md", "x/報告書.md", true),
        ] {
            assert_eq!(takes(&[glob], &[], path), wanted, "{glob} on {path}");
        }
    }

    #[test]
    fn what_is_left_out_wins_over_what_is_taken() {
        assert!(takes(&[], &[], "anything"));
        assert!(!takes(&["*.md"], &["drafts/"], "drafts/a.md"));
        assert!(takes(&["*.md"], &["drafts/"], "a.md"));
    }

    #[test]
    fn a_glob_that_cannot_be_read_is_named() {
        for glob in ["{a,b", "a}", " ", &"x".repeat(300)] {
            let error = Globs::new(&[glob.to_owned()], &[]).expect_err("is refused");
            assert!(error.message.contains("`include`"), "{error}");
        }
    }

    #[test]
    fn a_glob_of_many_stars_costs_no_time() {
        let began = std::time::Instant::now();
        let path = "a".repeat(1000);
        assert!(!takes(&["*a*a*a*a*a*a*a*a*a*a*a*a*b"], &[], &path));
        assert!(began.elapsed().as_secs() < 2);
    }
}
