//! A mail's parts, and how they look as plain text and as HTML.

use std::fmt::Write as _;

/// A mail before it is laid out.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) greeting: String,
    /// Before the link.
    pub(super) text: Vec<String>,
    /// What the link does.
    pub(super) action: &'static str,
    pub(super) link: String,
    /// After the link.
    pub(super) note: String,
    /// `en` or `de`.
    pub(super) language: &'static str,
}

impl Letter {
    pub(super) fn plain(&self) -> String {
        let mut out = format!("{}\n\n", self.greeting);
        for paragraph in &self.text {
            let _ = write!(out, "{paragraph}\n\n");
        }
        let _ = write!(out, "{}:\n{}\n\n{}\n", self.action, self.link, self.note);
        out
    }

    /// One column of inline styles: mail programs know little else.
    pub(super) fn html(&self) -> String {
        let mut paragraphs = String::new();
        for paragraph in std::iter::once(&self.greeting).chain(&self.text) {
            let _ = write!(paragraphs, "<p>{}</p>", escape(paragraph));
        }
        format!(
            "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{subject}</title></head>\
             <body style=\"margin:0;padding:24px;background:#f4f5f7;color:#1c2024;\
             font:16px/1.5 system-ui,sans-serif\">\
             <div style=\"max-width:520px;margin:0 auto;padding:28px;background:#fff;\
             border-radius:8px\">{paragraphs}\
             <p style=\"margin:28px 0\"><a href=\"{link}\" style=\"padding:12px 20px;\
             background:#2757d6;color:#fff;border-radius:6px;text-decoration:none\">{action}</a></p>\
             <p style=\"color:#5b6470;font-size:14px\">{note}</p>\
             <p style=\"color:#5b6470;font-size:12px;word-break:break-all\">{link}</p>\
             </div></body></html>",
            language = self.language,
            subject = escape(&self.subject),
            link = escape(&self.link),
            action = escape(self.action),
            note = escape(&self.note),
        )
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
