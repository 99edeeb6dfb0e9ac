//! Office formats: the smallest files that say something.

use rag::parse::Format;

use crate::support::{outline, read, tables, zip};

const CORE: &str = "<cp:coreProperties xmlns:cp='c' xmlns:dc='d'><dc:title>The title</dc:title><dc:creator>Ada</dc:creator></cp:coreProperties>";

#[test]
fn docx_has_headings_lists_tables_and_notes_but_no_deleted_text() {
    let styles = "<w:styles xmlns:w='w'><w:style w:styleId='berschrift2'><w:name w:val='heading 2'/></w:style></w:styles>";
    let body = "<w:document xmlns:w='w' xmlns:mc='m'><w:body>\
        <w:p><w:pPr><w:pStyle w:val='berschrift2'/></w:pPr><w:r><w:t>Scope</w:t></w:r></w:p>\
        <w:p><w:r><w:t xml:space='preserve'>One </w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:t>&amp; two</w:t></w:r></w:p>\
        <w:p><w:pPr><w:numPr><w:ilvl w:val='1'/></w:numPr></w:pPr><w:r><w:t>item</w:t></w:r></w:p>\
        <mc:AlternateContent><mc:Choice><w:p><w:r><w:t>box</w:t></w:r></w:p></mc:Choice><mc:Fallback><w:p><w:r><w:t>box</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>\
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>A</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>B</w:t></w:r></w:p></w:tc></w:tr>\
        <w:tr><w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr><w:p><w:r><w:t>both</w:t></w:r></w:p><w:p><w:r><w:t>lines</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
        </w:body></w:document>";
    let notes = "<w:footnotes xmlns:w='w'><w:footnote><w:p><w:r><w:t>a note</w:t></w:r></w:p></w:footnote></w:footnotes>";
    let document = read(&zip(&[
        ("word/document.xml", body),
        ("word/styles.xml", styles),
        ("word/footnotes.xml", notes),
        ("docProps/core.xml", CORE),
    ]));
    assert_eq!(document.format, Format::Docx);
    assert_eq!(document.metadata.title.as_deref(), Some("The title"));
    assert_eq!(
        outline(&document.pages[0]),
        [
            "h2 Scope",
            "p One & two",
            "li1 item",
            "p box",
            "table | A | B |\n| --- | --- |\n| both lines |  |",
            "p a note",
        ]
    );
}

#[test]
fn pptx_has_a_page_for_each_slide_in_the_order_of_the_show() {
    let slide = |title: &str, body: &str| {
        format!(
            "<p:sld xmlns:p='p' xmlns:a='a'><p:sp><p:nvPr><p:ph type='title'/></p:nvPr><a:p><a:r><a:t>{title}</a:t></a:r></a:p></p:sp>\
             <p:sp><p:nvPr><p:ph idx='1'/></p:nvPr><a:p><a:pPr lvl='1'/><a:r><a:t>{body}</a:t></a:r></a:p></p:sp>\
             <p:sp><p:nvPr><p:ph type='sldNum'/></p:nvPr><a:p><a:r><a:t>7</a:t></a:r></a:p></p:sp></p:sld>"
        )
    };
    let show = "<p:presentation xmlns:p='p' xmlns:r='r'><p:sldIdLst><p:sldId id='256' r:id='rId2'/><p:sldId id='257' r:id='rId1'/></p:sldIdLst></p:presentation>";
    let related = "<Relationships><Relationship Id='rId1' Type='x/slide' Target='slides/slide1.xml'/><Relationship Id='rId2' Type='x/slide' Target='slides/slide2.xml'/></Relationships>";
    let notes = "<p:notes xmlns:p='p' xmlns:a='a'><p:sp><p:nvPr><p:ph type='body'/></p:nvPr><a:p><a:r><a:t>say this</a:t></a:r></a:p></p:sp></p:notes>";
    let notes_related = "<Relationships><Relationship Id='rId9' Type='x/notesSlide' Target='../notesSlides/n1.xml'/></Relationships>";
    let document = read(&zip(&[
        ("ppt/presentation.xml", show),
        ("ppt/_rels/presentation.xml.rels", related),
        ("ppt/slides/slide1.xml", &slide("End", "last")),
        ("ppt/slides/slide2.xml", &slide("Begin", "first")),
        ("ppt/slides/_rels/slide2.xml.rels", notes_related),
        ("ppt/notesSlides/n1.xml", notes),
    ]));
    assert_eq!(document.format, Format::Pptx);
    assert_eq!(
        outline(&document.pages[0]),
        ["h1 Begin", "li1 first", "p say this"]
    );
    assert_eq!(outline(&document.pages[1]), ["h1 End", "li1 last"]);
    assert_eq!(document.pages[1].label.as_deref(), Some("End"));
}

#[test]
fn xlsx_has_a_page_for_each_sheet_with_dates_and_shared_texts() {
    let book = "<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'><sheets><sheet name='Sales' sheetId='1' r:id='rId1'/></sheets></workbook>";
    let related = "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='rId1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet' Target='worksheets/sheet1.xml'/>\
        <Relationship Id='rId2' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles' Target='styles.xml'/>\
        <Relationship Id='rId3' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings' Target='sharedStrings.xml'/></Relationships>";
    let styles = "<styleSheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><cellXfs count='2'><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs></styleSheet>";
    let texts = "<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><si><t>Day</t></si><si><t>Sum</t></si></sst>";
    let sheet = "<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>\
        <row r='1'><c r='A1' t='inlineStr'><is><t>Sales of the year</t></is></c></row>\
        <row r='3'><c r='A3' t='s'><v>0</v></c><c r='C3' t='s'><v>1</v></c></row>\
        <row r='4'><c r='A4' s='1'><v>46055</v></c><c r='C4'><v>12.5</v></c></row>\
        <row r='1048576'><c r='XFD1048576'><v>1</v></c></row></sheetData></worksheet>";
    let document = read(&zip(&[
        ("[Content_Types].xml", "<Types/>"),
        (
            "_rels/.rels",
            "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='rId1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument' Target='xl/workbook.xml'/></Relationships>",
        ),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", related),
        ("xl/styles.xml", styles),
        ("xl/sharedStrings.xml", texts),
        ("xl/worksheets/sheet1.xml", sheet),
    ]));
    assert_eq!(document.format, Format::Xlsx);
    let page = &document.pages[0];
    assert_eq!(page.label.as_deref(), Some("Sales"));
    let outline = outline(page);
    assert_eq!(outline[0], "h1 Sales of the year");
    assert_eq!(
        outline[1],
        "table | Day | Sum |\n| --- | --- |\n| 2026-02-02 | 12.5 |"
    );
    // The cell at the far corner costs a block, not seventeen thousand million cells.
    assert_eq!(outline.len(), 3, "{outline:?}");
}

#[test]
fn opendocument_text_sheets_and_slides_are_read() {
    let text = "<o xmlns:text='t' xmlns:table='b' xmlns:office='o'><office:text><text:h text:outline-level='2'>Head</text:h>\
        <text:p>One<text:s/><text:span>two</text:span><text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>below</text:p></text:note-body></text:note></text:p>\
        <text:list><text:list-item><text:p>item</text:p></text:list-item></text:list>\
        <table:table><table:table-row><table:table-cell><text:p>A</text:p></table:table-cell><table:table-cell><text:p>B</text:p></table:table-cell></table:table-row>\
        <table:table-row><table:table-cell><text:p>1</text:p></table:table-cell><table:table-cell><text:p>2</text:p></table:table-cell></table:table-row></table:table></office:text></o>";
    let meta = "<m xmlns:dc='d'><dc:title>ODT title</dc:title></m>";
    let odt = read(&zip(&[
        ("mimetype", "application/vnd.oasis.opendocument.text"),
        ("content.xml", text),
        ("meta.xml", meta),
    ]));
    assert_eq!(odt.format, Format::Odt);
    assert_eq!(odt.metadata.title.as_deref(), Some("ODT title"));
    assert_eq!(
        outline(&odt.pages[0]),
        [
            "h2 Head",
            "p One two",
            "p below",
            "li0 item",
            "table | A | B |\n| --- | --- |\n| 1 | 2 |"
        ]
    );

    let sheet = "<o xmlns:text='t' xmlns:table='b'><table:table table:name='S1'><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell><table:table-cell><text:p>y</text:p></table:table-cell></table:table-row>\
        <table:table-row><table:table-cell table:number-columns-repeated='2'><text:p>5</text:p></table:table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated='1048576'><table:table-cell table:number-columns-repeated='16384'/></table:table-row></table:table></o>";
    let ods = read(&zip(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", sheet),
    ]));
    assert_eq!(ods.format, Format::Ods);
    assert_eq!(ods.pages[0].label.as_deref(), Some("S1"));
    assert_eq!(tables(&ods)[0].rows, [["5", "5"]]);

    let slides = "<o xmlns:text='t' xmlns:draw='d'><draw:page draw:name='p1'><text:p>one</text:p></draw:page><draw:page draw:name='p2'><text:p>two</text:p></draw:page></o>";
    let odp = read(&zip(&[
        (
            "mimetype",
            "application/vnd.oasis.opendocument.presentation",
        ),
        ("content.xml", slides),
    ]));
    assert_eq!(odp.pages.len(), 2);
    assert_eq!(odp.pages[1].text, "two");
}

#[test]
fn epub_has_a_page_for_each_chapter_of_its_spine() {
    let document = read(&zip(&[
        ("mimetype", "application/epub+zip"),
        (
            "META-INF/container.xml",
            "<container><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></container>",
        ),
        (
            "OEBPS/book.opf",
            "<package xmlns:dc='d'><metadata><dc:title>Book</dc:title><dc:creator>Ada</dc:creator></metadata><manifest>\
             <item id='a' href='text/one%20a.xhtml'/><item id='b' href='text/two.xhtml'/></manifest>\
             <spine><itemref idref='b'/><itemref idref='a'/></spine></package>",
        ),
        (
            "OEBPS/text/one a.xhtml",
            "<?xml version='1.0'?><html><head><title/></head><body><h1>One</h1><p>first text</p></body></html>",
        ),
        (
            "OEBPS/text/two.xhtml",
            "<html><body><h1>Two</h1><p>second text</p></body></html>",
        ),
    ]));
    assert_eq!(document.format, Format::Epub);
    assert_eq!(document.metadata.title.as_deref(), Some("Book"));
    assert_eq!(outline(&document.pages[0]), ["h1 Two", "p second text"]);
    assert_eq!(outline(&document.pages[1]), ["h1 One", "p first text"]);
    assert_eq!(document.pages[1].label.as_deref(), Some("One"));
}
