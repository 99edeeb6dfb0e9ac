//! A writer of small PDFs.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

/// A PDF under construction.
pub(crate) struct PdfFile {
    pub(crate) document: Document,
    pages: ObjectId,
    kids: Vec<Object>,
    fonts: Dictionary,
    xobjects: Dictionary,
}

impl PdfFile {
    /// With Helvetica as `F1`, Helvetica bold as `F2` and Courier as `F3`.
    pub(crate) fn new() -> Self {
        let mut document = Document::with_version("1.7");
        let pages = document.new_object_id();
        let mut fonts = Dictionary::new();
        for (name, base) in [
            ("F1", "Helvetica"),
            ("F2", "Helvetica-Bold"),
            ("F3", "Courier"),
        ] {
            let font = document.add_object(dictionary! {
                "Type" => "Font", "Subtype" => "Type1", "BaseFont" => base,
                "Encoding" => "WinAnsiEncoding",
            });
            fonts.set(name, font);
        }
        Self {
            document,
            pages,
            kids: Vec::new(),
            fonts,
            xobjects: Dictionary::new(),
        }
    }

    pub(crate) fn font(&mut self, name: &str, font: Dictionary) {
        let id = self.document.add_object(font);
        self.fonts.set(name, id);
    }

    pub(crate) fn xobject(&mut self, name: &str, stream: Stream) -> ObjectId {
        let id = self.document.add_object(stream);
        self.xobjects.set(name, id);
        id
    }

    pub(crate) fn page(&mut self, content: impl Into<Vec<u8>>) {
        self.page_with(content, Dictionary::new());
    }

    /// A page with more entries in its dictionary.
    pub(crate) fn page_with(&mut self, content: impl Into<Vec<u8>>, more: Dictionary) {
        let content = self
            .document
            .add_object(Stream::new(Dictionary::new(), content.into()));
        let mut page = dictionary! {
            "Type" => "Page", "Parent" => self.pages, "Contents" => content,
            "MediaBox" => vec![0.into(), 0.into(), 600.into(), 800.into()],
        };
        page.extend(&more);
        let page = self.document.add_object(page);
        self.kids.push(page.into());
    }

    pub(crate) fn bytes(mut self) -> Vec<u8> {
        let count = self.kids.len() as i64;
        let resources = dictionary! { "Font" => self.fonts, "XObject" => self.xobjects };
        let pages = dictionary! {
            "Type" => "Pages", "Kids" => self.kids, "Count" => count, "Resources" => resources,
        };
        self.document
            .objects
            .insert(self.pages, Object::Dictionary(pages));
        let catalog = self.document.add_object(dictionary! {
            "Type" => "Catalog", "Pages" => self.pages,
        });
        self.document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        self.document.save_to(&mut bytes).expect("is written");
        bytes
    }
}

/// One line of text at a place.
pub(crate) fn text(font: &str, size: f32, x: f32, y: f32, text: &str) -> String {
    format!("BT /{font} {size} Tf {x} {y} Td ({text}) Tj ET\n")
}

/// A composite font whose codes are glyphs of this CMap.
pub(crate) fn composite(file: &mut PdfFile, name: &str, encoding: &str, map: Option<&str>) {
    let descendant = file.document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "CIDFontType2", "BaseFont" => "Test", "DW" => 500,
        "CIDSystemInfo" => dictionary! { "Ordering" => Object::string_literal("Identity") },
    });
    let mut font = dictionary! {
        "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "Test", "Encoding" => encoding,
        "DescendantFonts" => vec![descendant.into()],
    };
    if let Some(map) = map {
        let stream = Stream::new(Dictionary::new(), map.as_bytes().to_vec());
        let id = file.document.add_object(stream);
        font.set("ToUnicode", id);
    }
    file.font(name, font);
}
