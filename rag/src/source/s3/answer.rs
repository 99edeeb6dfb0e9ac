//! What an S3-compatible service answers, in XML.

use quick_xml::Reader;
use quick_xml::events::Event;

/// A page of `ListObjectsV2`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) objects: Vec<Object>,
    pub(super) truncated: bool,
    pub(super) next: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) etag: String,
    pub(super) size: u64,
}

/// Texts of elements with the path that leads to each, such as `Contents/Key`; an empty text marks the
/// end of an element.
fn walk(xml: &[u8], mut see: impl FnMut(&[String], Option<&str>)) -> Result<(), String> {
    let xml = std::str::from_utf8(xml).map_err(|_| "it is not UTF-8".to_owned())?;
    let mut reader = Reader::from_str(xml);
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                if path.len() > 16 {
                    return Err("its elements are nested too deep".to_owned());
                }
                path.push(start.local_name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(part) => text.push_str(&part),
            Event::CData(part) => text.push_str(&part),
            Event::GeneralRef(entity) => text.push_str(
                &character(&entity).ok_or_else(|| "it has an unknown entity".to_owned())?,
            ),
            Event::End(_) => {
                see(&path, Some(&text));
                see(&path, None);
                path.pop();
                text.clear();
            }
            Event::DocType(_) => return Err("it has a document type".to_owned()),
            Event::Eof if path.is_empty() => return Ok(()),
            Event::Eof => return Err("it ends too early".to_owned()),
            _ => {}
        }
    }
}

/// The text of `&…;`: a number or one of the predefined names.
fn character(entity: &quick_xml::events::BytesRef<'_>) -> Option<String> {
    if let Ok(Some(one)) = entity.resolve_char_ref() {
        return Some(one.to_string());
    }
    let name: &str = entity;
    quick_xml::escape::resolve_predefined_entity(name).map(str::to_owned)
}

/// Reads a page of the list.
///
/// # Errors
/// Why it is none.
pub(super) fn page(xml: &[u8]) -> Result<Page, String> {
    let (mut page, mut object, mut by_url) = (Page::default(), Object::default(), false);
    let mut is_list = false;
    walk(xml, |path, text| {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match (path.as_slice(), text) {
            (["ListBucketResult", "Contents"], None) => {
                page.objects.push(std::mem::take(&mut object));
            }
            (["ListBucketResult", "Contents", "Key"], Some(text)) => {
                text.clone_into(&mut object.key);
            }
            (["ListBucketResult", "Contents", "ETag"], Some(text)) => {
                text.clone_into(&mut object.etag);
            }
            (["ListBucketResult", "Contents", "Size"], Some(text)) => {
                object.size = text.trim().parse().unwrap_or(0);
            }
            (["ListBucketResult", "IsTruncated"], Some(text)) => {
                page.truncated = text.trim() == "true";
            }
            (["ListBucketResult", "NextContinuationToken"], Some(text)) => {
                page.next = Some(text.to_owned());
            }
            (["ListBucketResult", "EncodingType"], Some(text)) => by_url = text.trim() == "url",
            (["ListBucketResult"], _) => is_list = true,
            _ => {}
        }
    })?;
    if !is_list {
        return Err("it is no list of a bucket".to_owned());
    }
    if by_url {
        for object in &mut page.objects {
            object.key = decoded(&object.key);
        }
    }
    Ok(page)
}

/// The code and message of a refusal.
pub(super) fn refusal(xml: &[u8]) -> Option<(String, String)> {
    let (mut code, mut message) = (None, String::new());
    walk(xml, |path, text| {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match (path.as_slice(), text) {
            (["Error", "Code"], Some(text)) => code = Some(text.to_owned()),
            (["Error", "Message"], Some(text)) => text.clone_into(&mut message),
            _ => {}
        }
    })
    .ok()?;
    let message = message
        .chars()
        .filter(|c| !c.is_control())
        .take(300)
        .collect();
    Some((code?, message))
}

/// Undoes `encoding-type=url`, which writes spaces as `+`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let hex = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        rest = match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                &after[2..]
            }
            (b'+', _) => {
                bytes.push(b' ');
                after
            }
            (byte, _) => {
                bytes.push(*byte);
                after
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_its_strange_names() {
        let xml = br#"<?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
              <Name>handbook</Name><Prefix>p/</Prefix><EncodingType>url</EncodingType>
              <IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b==</NextContinuationToken>
              <Contents><Key>p/a+b%2Bc%20%C3%BC%26.md</Key><ETag>&quot;abc&quot;</ETag>
                <Size>12</Size><Owner><ID>x</ID></Owner></Contents>
              <Contents><Key>p/</Key><ETag>"d"</ETag><Size>0</Size></Contents>
            </ListBucketResult>"#;
        let page = page(xml).expect("is a page");
        assert!(page.truncated);
        assert_eq!(page.next.as_deref(), Some("a&b=="));
        assert_eq!(page.objects.len(), 2);
        let first = &page.objects[0];
        assert_eq!(
            (&*first.key, &*first.etag, first.size),
            ("p/a b+c ü&.md", "\"abc\"", 12)
        );
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for xml in [
            &b"<html><body>login</body></html>"[..],
            b"<ListBucketResult><Contents>",
            b"",
            b"<!DOCTYPE x [<!ENTITY a \"b\">]><ListBucketResult/>",
            b"<ListBucketResult><Name>&a;</Name></ListBucketResult>",
        ] {
            assert!(page(xml).is_err(), "{}", String::from_utf8_lossy(xml));
        }
    }

    #[test]
    fn a_refusal_says_its_code() {
        let xml = b"<Error><Code>NoSuchBucket</Code><Message>not there</Message></Error>";
        let wanted = ("NoSuchBucket".to_owned(), "not there".to_owned());
        assert_eq!(refusal(xml), Some(wanted));
        assert_eq!(refusal(b"<html>502</html>"), None);
    }
}
