//! x
#![expect(clippy::print_stdout, reason = "x")]
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let b = std::fs::read(&a[1]).expect("file");
    let h = rag::parse::Hints {
        file_name: Some(a[1].clone()),
        limits: Default::default(),
        keep_furniture: a.get(2).is_some_and(|x| x == "keep"),
        password: Some("openpassword".into()).filter(|_| a[1].contains("password")),
    };
    let t = std::time::Instant::now();
    let d = rag::parse::parse(&b, &h).expect("parse");
    let el = t.elapsed();
    if a.get(2).is_some_and(|x| x == "blocks") {
        for p in &d.pages {
            println!("=== {} {:?} furniture {:?}", p.number, p.size, p.furniture);
            for b in &p.blocks {
                println!(
                    "[{}] {}",
                    match &b.kind {
                        rag::parse::BlockKind::Table(_) => "table".into(),
                        k => format!("{k:?}"),
                    },
                    p.block_text(b)
                );
            }
        }
    } else {
        print!("{}", d.text());
    }
    eprintln_(&format!("{el:?} {:?} {:?}", d.metadata, d.warnings));
}
#[expect(clippy::print_stderr, reason = "x")]
fn eprintln_(s: &str) {
    eprintln!("{s}");
}
