//! PDF: columns, tables, running titles.

use rag::parse::{Hints, parse};

use crate::support::pdf_file::{PdfFile, text};
use crate::support::{outline, read, tables};

fn column(side: &str, x: f32) -> Vec<String> {
    (0..14)
        .map(|n| {
            let y = 700.0 - 12.0 * n as f32;
            let words = format!("{side} {n} with words to fill all of the column up");
            text("F1", 9.0, x, y, &words)
        })
        .collect()
}

#[test]
fn columns_are_read_one_after_the_other_whatever_the_order_in_the_file() {
    let (left, right) = (column("left", 50.0), column("right", 320.0));
    let in_order = [left.concat(), right.concat()].concat();
    let by_turns: String = left
        .iter()
        .zip(&right)
        .map(|(l, r)| format!("{l}{r}"))
        .collect();
    for content in [in_order, by_turns] {
        let mut file = PdfFile::new();
        file.page(content);
        let document = read(&file.bytes());
        let text = &document.pages[0].text;
        let place = |words: &str| {
            text.find(words)
                .unwrap_or_else(|| panic!("{words} in {text}"))
        };
        assert!(place("left 13") < place("right 0"), "{text}");
        assert!(place("left 0") < place("left 1"), "{text}");
    }
}

#[test]
fn lines_from_the_bottom_up_are_put_in_order() {
    let mut lines = column("line", 50.0);
    lines.reverse();
    let mut file = PdfFile::new();
    file.page(lines.concat());
    let document = read(&file.bytes());
    let text = &document.pages[0].text;
    assert!(
        text.find("line 0") < text.find("line 1 ") && text.find("line 2") < text.find("line 13")
    );
}

#[test]
fn a_drawn_table_becomes_markdown_with_its_cells_and_boxes() {
    let mut content = String::from("1 w\n");
    for x in [50, 150, 250, 350] {
        content += &format!("{x} 600 m {x} 660 l S\n");
    }
    for y in [600, 620, 640, 660] {
        content += &format!("50 {y} m 350 {y} l S\n");
    }
    let cells = [
        ["City", "Country", "People"],
        ["Bonn", "Germany", "336 465"],
        ["Oslo", "Norway", "717 710"],
    ];
    for (row, line) in cells.iter().enumerate() {
        for (at, cell) in line.iter().enumerate() {
            let (x, y) = (55.0 + 100.0 * at as f32, 646.0 - 20.0 * row as f32);
            content += &text("F1", 9.0, x, y, cell);
        }
    }
    content += &text(
        "F1",
        9.0,
        50.0,
        560.0,
        "A paragraph below the table, of some length.",
    );
    let mut file = PdfFile::new();
    file.page(content);
    let document = read(&file.bytes());
    let page = &document.pages[0];
    assert_eq!(
        outline(page),
        [
            "table | City | Country | People |\n| --- | --- | --- |\n| Bonn | Germany | 336 465 |\n| Oslo | Norway | 717 710 |",
            "p A paragraph below the table, of some length.",
        ]
    );
    let at = page.text.find("Norway").expect("is there") as u32;
    let lines = page.boxes.of_range(at..at + 6);
    assert!((lines[0].x0 - 155.0).abs() < 0.5, "{lines:?}");
}

#[test]
fn columns_of_figures_without_lines_are_a_table() {
    let mut content = String::new();
    for (row, cells) in [
        ["Item", "Price", "Stock"],
        ["Nails", "3.50", "120"],
        ["Screws", "4.20", "80"],
        ["Glue", "7.90", "14"],
    ]
    .iter()
    .enumerate()
    {
        for (at, cell) in cells.iter().enumerate() {
            content += &text(
                "F1",
                10.0,
                60.0 + 120.0 * at as f32,
                700.0 - 14.0 * row as f32,
                cell,
            );
        }
    }
    let mut file = PdfFile::new();
    file.page(content);
    let document = read(&file.bytes());
    let tables = tables(&document);
    assert_eq!(tables.len(), 1, "{:?}", outline(&document.pages[0]));
    assert_eq!(tables[0].header, ["Item", "Price", "Stock"]);
    assert_eq!(tables[0].rows[2], ["Glue", "7.90", "14"]);
}

#[test]
fn running_titles_and_page_numbers_are_taken_out_of_the_text() {
    let mut file = PdfFile::new();
    for page in 1..=6 {
        let body = format!("Here stands what page {page} says about the matter at hand.");
        file.page(
            [
                text(
                    "F1",
                    8.0,
                    50.0,
                    775.0,
                    &format!("{page}   Chapter {} of the handbook", page / 3),
                ),
                text("F1", 10.0, 50.0, 640.0, &body),
                text("F1", 8.0, 290.0, 30.0, &format!("- {page} -")),
            ]
            .concat(),
        );
    }
    let bytes = file.bytes();
    let document = read(&bytes);
    for (at, page) in document.pages.iter().enumerate() {
        let body = format!(
            "Here stands what page {} says about the matter at hand.",
            at + 1
        );
        assert_eq!(page.text, body);
        assert_eq!(page.furniture.len(), 2, "{:?}", page.furniture);
    }
    let hints = Hints {
        keep_furniture: true,
        ..Hints::default()
    };
    let kept = parse(&bytes, &hints).expect("is read");
    assert!(kept.pages[3].text.contains("- 4 -"));
}
