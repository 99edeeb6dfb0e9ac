//! Function words: left out of questions that have other words.
//!
//! Rarity makes them count little anyway; leaving them out spares their long lists. So a short list
//! of the most frequent ones is enough.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::Language;

const ENGLISH: &str = "a about an and are as at be been but by can could did do does for from had has \
    have he her hers him his how i if in into is it its me my no nor not of on or our ours she so \
    such than that the their theirs them then there these they this those to us was we were what \
    when where which while who whom whose why will with would you your yours";
const GERMAN: &str = "aber als am an auch auf aus bei bin bis da das dass dem den denn der des die \
    dies diese diesem diesen dieser dieses doch du durch ein eine einem einen einer eines er es für \
    hat hatte ich ihr im in ist ja kann mit nach nicht noch nur ob oder sein sich sie sind so um und \
    uns von vor war waren warum was wegen weil wenn wer werden wie wieso wir wird wo wurde wurden zu \
    zum zur über";
const FRENCH: &str = "a au aux avec c ce ces cette comment d dans de des du elle en est et eu il ils \
    je j l la le les leur lui m mais me n ne nous on ont ou où par pas pour pourquoi qu quand que quel \
    quelle quelles quels qui quoi s sa se ses si son sont sur t un une vous y à été être";
const SPANISH: &str = "a al como con cual cuál cuando cuándo de del donde dónde el ella ellos en era \
    es esta este esto fue fueron ha han hay la las le les lo los más me mi no nos o para pero por \
    porque que qué quien quién se ser si sin sobre son su sus también te un una uno y ya cómo";
const ITALIAN: &str = "a ad ai al alla alle anche che chi ci come con cosa da dal dalla dei del della \
    delle di dove e ed era è gli ha hanno i il in io la le lo ma mi nel nella non o per perché più \
    quale quali quando quanto se si sono su sua sui suo tra un una uno";
const PORTUGUESE: &str = "a ao aos as com como da das de do dos e é ela ele em era essa esse esta \
    este foi foram há isso isto já mais mas na nas no nos não o onde os ou para pela pelo por porque \
    qual quais quando que quem se seu sua são também um uma";
const DUTCH: &str = "aan als bij daar dan dat de den der deze die dit door een en er geen had heb \
    heeft het hij hoe ik in is je kan maar me met mijn na naar niet nog nu of om ook op over te tot \
    uit van veel voor waar waarom waren was wat we wie wij wordt zal ze zich zij zijn zo";
const SWEDISH: &str = "alla att av de den det du där dem den denna detta eller en ett från för ha \
    hade han har hon hur hörde i inte jag kan man med men mot när och om på sedan sig sin som så till \
    under upp var varför vad vem vi vid vilka vilken är över";
const NORWEGIAN: &str = "alle at av da de den denne der det dette du eller en er et for fra ha hadde \
    han har hun hva hvem hvilke hvilken hvor hvorfor i ikke jeg kan med men mot når og om på seg sin \
    som så til var ved vi vil";
const DANISH: &str = "af alle at da de dem den denne der det dette du eller en er et for fra han har \
    havde hun hvad hvem hvilke hvilken hvor hvordan hvorfor i ikke jeg kan med men mod når og om på \
    sig sin som så til ud var ved vi vil";
const FINNISH: &str = "ei eli en että ja jo joka jos kuin kuka kun miksi mikä missä milloin mitä mutta \
    myös ne niin nyt oli olla on ovat se sekä siitä tai tämä vain";
const RUSSIAN: &str = "а без был была были было в вам вас весь во вот все вы где да для до его ее если \
    есть же за и из или им их к как какая какие какой когда кто ли между мне мы на над не нет но о об \
    он она они оно от по под при почему с со так то только у уже чего что чтобы это этот я";
const TURKISH: &str = "ama bir bu çok da daha de değil en gibi hangi için ile ise kadar ki kim mi mı \
    mu mü ne neden nerede nasıl o olan olarak sonra şu ve veya ya";
const HUNGARIAN: &str = "a az de egy ez és hogy hol ha is ki kik hogyan mely mely meg mert mi miért \
    mikor nem sem volt vagy van";
const ROMANIAN: &str = "a al ale am ar are au ca care că ce cel cine cu când cum de din după este eu \
    fi fost ia în la mai nu o pe pentru sau se și sunt un unde una unei unui";
const GREEK: &str = "αλλά αν από για δε δεν είναι ένα ένας η θα και κατά με μια να ο οι όταν ότι ποιος \
    πότε που πού πως σε στη στην στο στον τα της τη την τι το τον του των ως";
const ARABIC: &str = "أن إلى التي الذي الى ان او أو أي إن به بها ثم حتى ذلك عن عند على علي في فى قد كان \
    كانت كل كما كم كيف لا لم لماذا له لها ما متى مع من ماذا منذ هذا هذه هل هو هي و يكون أين";
const TAMIL: &str = "அந்த இந்த இது அது என என்று ஒரு எந்த என்ன எப்படி எங்கே யார் மற்றும்";

type Words = HashSet<&'static str>;

/// The function words of a language.
pub(super) fn of(language: Language) -> &'static Words {
    macro_rules! set {
        ($list:expr) => {{
            static SET: LazyLock<Words> = LazyLock::new(|| $list.split_whitespace().collect());
            &SET
        }};
    }
    match language {
        Language::English => set!(ENGLISH),
        Language::German => set!(GERMAN),
        Language::French => set!(FRENCH),
        Language::Spanish => set!(SPANISH),
        Language::Italian => set!(ITALIAN),
        Language::Portuguese => set!(PORTUGUESE),
        Language::Dutch => set!(DUTCH),
        Language::Swedish => set!(SWEDISH),
        Language::Norwegian => set!(NORWEGIAN),
        Language::Danish => set!(DANISH),
        Language::Finnish => set!(FINNISH),
        Language::Russian => set!(RUSSIAN),
        Language::Turkish => set!(TURKISH),
        Language::Hungarian => set!(HUNGARIAN),
        Language::Romanian => set!(ROMANIAN),
        Language::Greek => set!(GREEK),
        Language::Arabic => set!(ARABIC),
        Language::Tamil => set!(TAMIL),
        Language::Multilingual | Language::Japanese | Language::Korean | Language::Chinese => {
            set!("")
        }
    }
}
