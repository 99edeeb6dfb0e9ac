//! "Not in the documents", in the language of the question.

/// What a model says when the sources do not answer. A word that no document has.
pub(super) const SENTINEL: &str = "NOT_IN_DOCUMENTS";

/// Tells that the documents have no answer.
pub(super) fn not_in_documents(question: &str) -> &'static str {
    use whatlang::Lang;
    // Short questions in plain letters are easily taken for another language.
    let found = whatlang::detect(question)
        .filter(|info| info.is_reliable() || !question.is_ascii())
        .map(|info| info.lang());
    match found {
        Some(Lang::Deu) => "Das steht nicht in den Dokumenten.",
        Some(Lang::Fra) => "Les documents ne contiennent pas la réponse.",
        Some(Lang::Spa) => "Los documentos no contienen la respuesta.",
        Some(Lang::Ita) => "I documenti non contengono la risposta.",
        Some(Lang::Por) => "Os documentos não contêm a resposta.",
        Some(Lang::Nld) => "Dat staat niet in de documenten.",
        Some(Lang::Pol) => "Dokumenty nie zawierają odpowiedzi.",
        Some(Lang::Rus) => "В документах нет ответа на этот вопрос.",
        Some(Lang::Tur) => "Belgelerde bunun yanıtı yok.",
        Some(Lang::Ara) => "لا توجد الإجابة في المستندات.",
        Some(Lang::Cmn) => "文档中没有相关内容。",
        Some(Lang::Jpn) => "文書には該当する記載がありません。",
        Some(Lang::Kor) => "문서에서 답을 찾을 수 없습니다.",
        _ => "The documents do not contain the answer.",
    }
}
