//! One article in two spellings that readers do not tell apart is one article; a form in another spelling stays a form.

use icu_normalizer::DecomposingNormalizerBorrowed;
use serde_json::Value;
use wirecopy::Recipe;

use crate::harness::{Dir, Reports, code, record, run, run_with_input, stdout};
use crate::news::News;

/// A language, how else its article is spelled, and the article.
type Article = (&'static str, fn(&str) -> String, &'static str);

/// Articles in languages that are written with marks.
pub const ARTICLES: &[Article] = &[
    (
        "czech",
        stripped,
        "Starý přívoz u Březové začne jezdit hned po Velikonocích, řekla starostka Květa Říhová. Převozník Čeněk Hůlka \
         natřel loď zeleně a přidělal k ní zvonek, protože ho lidé z druhého břehu nikdy nemohli přivolat. Děti pojedou \
         zdarma, kolaři zaplatí dvojnásob a pes se vejde vždycky jen jeden, ať je jakkoli veliký.",
    ),
    (
        "slovak",
        stripped,
        "Knižnica v Dolnej Žabnej požičiava od jesene aj hudobné nástroje. Najväčší záujem je o husle po miestnom učiteľovi, \
         ktorý ich nechal v starej škole spolu s nôtami. Riaditeľka vraví, že doteraz sa všetko vrátilo v poriadku, len jedna \
         píšťala prišla ohryzená, pretože v tej rodine majú šteňa a dve veľmi zvedavé mačky.",
    ),
    (
        "hungarian",
        stripped,
        "A kisvárosi fürdő újra kinyitotta a régi gőzkamrát, amelyet húsz évig senki sem fűtött. A kőműves szerint a kályha \
         jobb állapotban volt, mint a csövek, ezért csak az utóbbiakat cserélték ki. Az első vendég egy nyugdíjas postás volt, \
         aki törülközőt, könyvet és három almát hozott magával, és estig ki sem akart jönni.",
    ),
    (
        "romanian",
        stripped,
        "Școala din Fântânița și-a redeschis atelierul de tâmplărie după cincisprezece ani. Învățătorul spune că cei mai mulți \
         copii n-au ținut niciodată în mână o rindea și că primele scaune șchiopătau toate în aceeași parte. Părinții le-au \
         cumpărat totuși, iar banii strânși ajung pentru lemn până la sfârșitul iernii și pentru o ușă nouă.",
    ),
    (
        "polish",
        stripped,
        "Żeglarze z Łąkowa wyłowili z jeziora dzwon, który zatonął razem z łodzią kościelnego. Mężczyzna przyznał, że przez \
         całe życie mówił wszystkim, iż dzwon ukradziono, bo wstydził się tej przeprawy we mgle. Teraz wisi przed \
         świetlicą, a dzieci dzwonią nim, gdy zupa jest gotowa albo gdy ktoś źle zaparkuje źrebię.",
    ),
    (
        "turkish",
        stripped,
        "Çınarlı kasabasındaki eski değirmen yarın ilk kez ışıklandırılacak. Değirmencinin kızı, taşların altında babasının \
         yazdığı bir şiir bulunduğunu ve onu kapının üstüne asacağını söyledi. Açılışta köyün ünlü böreği dağıtılacak, \
         ırmağın öbür yakasındakiler için de sabahtan akşama kadar kayık işleyecek, yağmur yağsa bile.",
    ),
    (
        "turkish-capitals",
        |text| {
            text.chars()
                .map(|c| if c == 'i' { "\u{130}".into() } else { c.to_uppercase().to_string() })
                .collect()
        },
        "Işıklı köyünde kışın yolları açan kadın sürücü bu yıl emekli oluyor. Otuz yıldır aynı kamyonu kullanan İpek Yıldız, \
         karın sesini motorun sesinden önce duyduğunu söylüyor. Yerine geçecek genç adam ilk iş olarak direksiyonun ısıtılmasını \
         istemiş, köylüler ise ona eldiven örmüş ve kapısına sıcak çorba bırakmış.",
    ),
    (
        "vietnamese",
        stripped,
        "Bến đò cũ ở làng Đông Hạ vừa được sửa lại sau mùa lũ. Ông lái đò nói rằng chiếc thuyền gỗ này chở ba đời học trò \
         sang sông, nên ông không đổi lấy thuyền máy dù nhiều người khuyên. Mỗi buổi sáng lũ trẻ mang cho ông một củ khoai \
         nướng, còn ông kể cho chúng nghe chuyện con cá đã cắn đứt dây neo đêm bão.",
    ),
    (
        "danish",
        stripped,
        "Færgemanden på Sønderø har fået lov at tage får med om søndagen, hvis de står i læ bag skærmen. Hidtil måtte øens \
         bønder vente på den store færge, som kun sejler hver anden uge og aldrig når det blæser. Første tur gik godt, bortset \
         fra at en vædder åd køreplanen, så passagererne måtte spørge sig frem til hvornår de kom hjem.",
    ),
    (
        "greek-capitals",
        |text| stripped(&text.to_uppercase()),
        "Το παλιό ελαιοτριβείο δίπλα στο ποτάμι άνοιξε ξανά για τους μαθητές του χωριού. Ο τελευταίος μυλωνάς, που κλείνει τα \
         ενενήντα, τους έδειξε πώς γυρίζει η πέτρα χωρίς να τρίζει και γιατί το λάδι μυρίζει αλλιώς μετά τη βροχή. Στο τέλος \
         έφαγαν όλοι ψωμί με λάδι και ρίγανη, και κανείς δεν ήθελε να γυρίσει στην τάξη.",
    ),
    (
        "russian",
        stripped,
        "Ёлку в посёлке Берёзовка решили поставить ещё до первого снега, и всё из-за старого крана. Его владелец уезжает \
         вперёд, на стройку, а без него тёмную четырёхметровую ель никто не поднимет. Детям объяснили, что праздник всё равно \
         придёт в своё время, но они уже повесили на нижние ветки жёлтые варежки и печёные яблоки.",
    ),
    (
        "persian",
        arabic_keyboard,
        "کاروان‌سرای قدیمی کنار رود از امروز کتابخانهٔ کودکان است. یکی از کشاورزان که کلید آن را پنجاه سال نگه داشته بود، \
         می‌گوید نمی‌دانست چرا کسی نباید در آن را باز کند. اکنون یک آسیاب کوچک هم در حیاط کار می‌کند و کودکی که زودتر از همه \
         برسد، آرد نانی را که با هم می‌خورند آسیاب می‌کند و یک داستان کوتاه برای دیگران می‌خواند.",
    ),
    (
        "urdu",
        arabic_keyboard,
        "دریا کے کنارے والی پرانی چکی کل سے پھر چلے گی۔ گاؤں کی ایک بوڑھی عورت نے بتایا کہ اس کے باپ نے پتھر کے نیچے ایک خط رکھا \
         تھا جو آج تک کسی نے نہیں پڑھا۔ بچوں نے وہ کاغذ نکالا تو اس پر صرف اتنا لکھا تھا کہ آٹا باریک کرنا اور ہمسایوں کو پہلے دینا، \
         چنانچہ پہلی روٹی سب سے پہلے سامنے والے گھر میں بھیجی گئی۔",
    ),
    (
        "arabic",
        stripped,
        "فَتَحَتِ الْمَدْرَسَةُ الْقَدِيمَةُ بَابَهَا لِأَطْفَالِ الْقَرْيَةِ بَعْدَ سَنَوَاتٍ طَوِيلَةٍ. قَالَ الْحَارِسُ إِنَّهُ كَانَ يَكْنِسُ السَّاحَةَ كُلَّ يَوْمٍ وَيَسْقِي \
         الشَّجَرَةَ الَّتِي زَرَعَهَا الْمُعَلِّمُ، ثُمَّ يَجْلِسُ وَحْدَهُ وَيَقْرَأُ أَسْمَاءَ التَّلَامِيذِ عَلَى الْجِدَارِ. فِي الصَّبَاحِ جَاءَ الْأَوْلَادُ وَمَعَهُمْ طَبَاشِيرُ مُلَوَّنَةٌ، \
         فَكَتَبُوا أَسْمَاءَهُمْ تَحْتَ الْأَسْمَاءِ الْقَدِيمَةِ.",
    ),
    (
        "hebrew",
        stripped,
        "בַּכְּפָר הַקָּטָן שֶׁלְּיַד הַנַּחַל בָּנוּ הַיְלָדִים גֶּשֶׁר חָדָשׁ מֵעֵץ. הַזָּקֵן שֶׁגָּר בַּבַּיִת הָאָדֹם נָתַן לָהֶם חֲבָלִים וּמַסְמְרִים, וְהַמּוֹרָה הֵבִיאָה \
         סַלִּים מְלֵאִים לֶחֶם וּגְבִינָה. בְּכָל יוֹם אַחַר הַצָּהֳרַיִם הֵם עָבְדוּ עַד שֶׁהַשֶּׁמֶשׁ שָׁקְעָה מֵאֲחוֹרֵי הַגִּבְעָה, וְהַקָּטָן שֶׁבָּהֶם שָׁמַר עַל הַכֶּלֶב \
         וְשָׁר לוֹ שִׁירִים.",
    ),
];

/// As an old system stores it: without marks, and with plain letters for those that are no letter with a mark.
pub fn stripped(text: &str) -> String {
    let plain = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
    let is_mark = |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{5c1}'..='\u{5c7}' | '\u{64b}'..='\u{655}');
    let mut out = String::new();
    for c in plain.chars().filter(|&c| !is_mark(c)) {
        match c {
            'ł' => out.push('l'),
            'Ł' => out.push('L'),
            'đ' => out.push('d'),
            'Đ' => out.push('D'),
            'ø' => out.push('o'),
            'Ø' => out.push('O'),
            'ı' => out.push('i'),
            'æ' => out.push_str("ae"),
            'Æ' => out.push_str("Ae"),
            _ => out.push(c),
        }
    }
    out
}

/// As it is typed on an Arabic keyboard.
fn arabic_keyboard(text: &str) -> String {
    let key = |c: char| match c {
        'ی' => 'ي',
        'ک' => 'ك',
        'ہ' => 'ه',
        _ => c,
    };
    text.chars().map(key).collect()
}

fn others(count: usize, news: &mut News) -> Vec<String> {
    (0..count).map(|i| record(&format!("o{i}"), &news.story(5))).collect()
}

fn between(reports: &Reports, a: &str, b: &str) -> String {
    let pair = reports.relations().remove(&(a.to_owned(), b.to_owned()));
    pair.map_or_else(|| "none".to_owned(), |(relation, _)| relation)
}

/// What a filter says of each of these records, in order.
fn verdicts(lines: &str) -> Vec<String> {
    let dir = Dir::new();
    let index = dir.path("index");
    let output = run_with_input(&["filter", "--index", index.to_str().unwrap()], lines.as_bytes());
    assert_eq!(code(&output), 0);
    let verdict = |line: &str| -> String {
        let record: Value = serde_json::from_str(line).unwrap();
        record["wirecopy"]["verdict"].as_str().unwrap().to_owned()
    };
    stdout(&output).lines().map(verdict).collect()
}

#[test]
fn one_article_in_two_spellings_is_one_article() {
    let dir = Dir::new();
    for (language, spelled, text) in ARTICLES {
        let other = spelled(text);
        assert_ne!(&other, text, "{language}");
        for [a, b] in [[text, &*other], [&*other, text]] {
            let lines = record("a", a) + &record("b", b);
            let reports = Reports::of(&dir.file("alone.jsonl", &lines), &[]);
            assert_eq!(between(&reports, "a", "b"), "near", "{language}");
            let measures = ["jaccard", "containment_a_in_b", "containment_b_in_a"];
            let raw: Vec<f64> =
                measures.iter().map(|name| reports.pairs[0][name].as_f64().unwrap()).collect();
            assert!(
                raw.iter().all(|&share| share < 0.8),
                "{language}: raw measures are of what is printed: {raw:?}"
            );
            assert_eq!(verdicts(&lines), ["new", "near"], "{language} through the filter");
        }
    }
}

#[test]
fn an_article_in_two_spellings_is_found_among_others() {
    let dir = Dir::new();
    let mut lines = others(600, &mut News::new(15));
    for (language, spelled, text) in ARTICLES {
        lines.push(record(&format!("{language}-b"), &spelled(text)));
        lines.insert(lines.len() / 3, record(&format!("{language}-a"), text));
    }
    let path = dir.file("among.jsonl", lines.concat());
    let reports = Reports::of(&path, &[]);
    for (language, ..) in ARTICLES {
        let found = between(&reports, &format!("{language}-a"), &format!("{language}-b"));
        assert_eq!(found, "near", "{language}");
    }
    assert_eq!(reports.pairs.len(), ARTICLES.len(), "{:?}", reports.relations());
    let near = verdicts(&lines.concat()).iter().filter(|verdict| *verdict == "near").count();
    assert_eq!(near, ARTICLES.len());
    for method in ["minhash", "simhash"] {
        let reports = Reports::of(&path, &["--method", method]);
        assert_eq!(reports.pairs.len(), ARTICLES.len(), "{method}: {:?}", reports.relations());
    }
}

/// Raw measures are of what is printed: so is all that decides by them alone.
#[test]
fn classic_results_know_no_spelling() {
    let dir = Dir::new();
    for (language, spelled, text) in ARTICLES {
        let lines = record("a", text) + &record("b", &spelled(text));
        let reports = Reports::of(&dir.file("classic.jsonl", lines), &["--classic"]);
        assert!(reports.pairs.is_empty(), "{language}");
    }
    let set = |text: &str| wirecopy::shingles(Recipe::default(), text);
    assert_ne!(set("Kdo převezl zvonek přes řeku"), set("Kdo prevezl zvonek pres reku"));
}

#[test]
fn a_form_in_another_spelling_stays_a_form() {
    let filled = |place: &str, degrees: u32, wind: u32, name: &str| {
        format!(
            "V obci {place} bude zítra nejvýše {degrees} stupňů a vítr dosáhne {wind} kilometrů za hodinu. Dopoledne může \
             sněžit, později se vyjasní. Silničáři prosí o opatrnost na mostech a přejí klidnou cestu; službu na stanici má {name}."
        )
    };
    let forms = [
        filled("Žďárek", 4, 35, "Čeněk Hůlka"),
        stripped(&filled("Březová", 11, 60, "Květa Říhová")),
        filled("Lhotice", 7, 20, "Tomáš Dvořák"),
    ];
    let dir = Dir::new();
    let allowed = ["templated", "partial", "none"];
    for [a, b] in [[0, 1], [1, 0], [1, 2], [2, 1]] {
        let lines = record("a", &forms[a]) + &record("b", &forms[b]);
        let reports = Reports::of(&dir.file("forms.jsonl", &lines), &[]);
        let found = between(&reports, "a", "b");
        assert!(allowed.contains(&&*found), "{found}");
        let verdict = &verdicts(&lines)[1];
        assert!(["new", "templated", "partial"].contains(&&**verdict), "{verdict}");
    }
    // The same facts in another spelling are no other facts.
    let same = record("a", &forms[0]) + &record("b", &stripped(&forms[0]));
    assert_eq!(between(&Reports::of(&dir.file("same.jsonl", same), &[]), "a", "b"), "near");
}

/// Tokens, and what is equal, are as printed.
#[test]
fn tokens_stay_as_printed() {
    let dir = Dir::new();
    let path = dir.file("one.txt", "Březová, كتاب");
    let output = run(&["text", path.to_str().unwrap(), "--tokens"]);
    let tokens: Vec<String> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["token"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(tokens, ["březová", "كتاب"]);
    let compared = dir.file("two.txt", "Brezova, كتاب");
    let output = run(&["compare", path.to_str().unwrap(), compared.to_str().unwrap()]);
    assert!(!stdout(&output).starts_with("exact"));
}
