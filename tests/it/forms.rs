//! Forms in scripts without capitals are other news, and an edited text is the same (`tests/forms`).
//!
//! A file has forms with their fillings, and texts with the edits that a desk makes: what one puts for what.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::*;

/// Edited texts that are called no copy, at most: briefs whose first words were all put in other words. Lower it when they
/// are fewer.
const EDITED_MISSED: usize = 5;

fn sets() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut sets: Vec<(String, Value)> = files
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap())
        })
        .collect();
    sets.sort_by(|a, b| a.0.cmp(&b.0));
    sets
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A form with each of its fillings.
fn filled(form: &Value) -> Vec<String> {
    let fill = |filling: &Value| {
        let parts = list(filling).iter().enumerate();
        parts.fold(text(&form["form"]).to_owned(), |filled, (i, part)| {
            filled.replace(&format!("{{{i}}}"), text(part))
        })
    };
    list(&form["fillings"]).iter().map(fill).collect()
}

/// A text, and what it becomes by each of its edits.
fn edited(set: &Value, same: &Value) -> (String, Vec<String>) {
    let own = same["text"].as_str().map(str::to_owned);
    let own =
        own.unwrap_or_else(|| filled(&set["forms"][same["form"].as_u64().unwrap() as usize])[0].clone());
    let edit = |edits: &Value| {
        list(edits).iter().fold(own.clone(), |edited, edit| {
            assert!(edited.contains(text(&edit[0])), "{edit} in {edited}");
            edited.replace(text(&edit[0]), text(&edit[1]))
        })
    };
    let all = list(&same["edits"]).iter().map(edit).collect();
    (own, all)
}

fn is_copy(a: &str, b: &str) -> bool {
    let found = wirecopy::compare(a, b).relation();
    assert_eq!(found, wirecopy::compare(b, a).relation(), "{a} and {b}");
    found.is_some_and(wirecopy::Relation::is_copy)
}

#[test]
fn fillings_are_other_news_and_edits_are_the_same() {
    let (mut forms, mut edits, mut missed, mut lost) = (0, 0, Vec::new(), Vec::new());
    for (name, set) in sets() {
        for form in list(&set["forms"]) {
            let all = filled(form);
            for (i, a) in all.iter().enumerate() {
                for b in &all[i + 1..] {
                    forms += 1;
                    missed.extend(is_copy(a, b).then(|| format!("{name}: {a}\n{b}")));
                }
            }
        }
        for same in list(&set["same"]) {
            let (own, all) = edited(&set, same);
            for other in all {
                edits += 1;
                lost.extend((!is_copy(&own, &other)).then(|| format!("{name}: {own}\n{other}")));
            }
        }
    }
    assert!(forms > 100 && edits > 100, "{forms} and {edits}");
    assert!(missed.is_empty(), "{} of {forms} forms are copies:\n{}", missed.len(), missed.join("\n"));
    assert!(lost.len() <= EDITED_MISSED, "{} of {edits} edits are none:\n{}", lost.len(), lost.join("\n"));
}

#[test]
fn scan_dedup_and_the_filter_keep_every_filling() {
    let dir = Dir::new();
    let mut lines = String::new();
    for (name, set) in sets() {
        for (number, form) in list(&set["forms"]).iter().enumerate() {
            for (i, text) in filled(form).iter().enumerate() {
                let row = json!({ "id": format!("{name}-{number}-{i}"), "source": format!("paper{i}"), "text": text });
                lines += &format!("{row}\n");
            }
        }
    }
    let path = dir.file("notices.jsonl", &lines);
    let copies = ["exact", "near", "contained"];
    let reports = Reports::of(&path, &[]);
    let wrong: Vec<_> =
        reports.relations().into_iter().filter(|(_, (relation, _))| copies.contains(&&**relation)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let templated = reports.relations().values().filter(|(relation, _)| relation == "templated").count();
    assert!(templated > 100, "{templated}");
    let kept = dir.path("kept.jsonl").display().to_string();
    let deduped = run(&["dedup", "-q", &path.display().to_string(), "--output", &kept]);
    assert_eq!(code(&deduped), 0);
    let kept = std::fs::read_to_string(kept).unwrap().lines().count();
    assert_eq!(kept, lines.lines().count());
    let index = dir.path("seen").display().to_string();
    let said = stdout(&run_with_input(&["filter", "-q", "--index", &index], lines.as_bytes()));
    let verdicts = said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let dropped: Vec<Value> = verdicts
        .filter(|row| copies.contains(&text(&row["wirecopy"]["verdict"])))
        .map(|row| row["id"].clone())
        .collect();
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn a_number_in_characters_and_in_digits_is_one() {
    let brief = |tons: &str, boats: &str, days: &str| {
        format!(
            "港口管理处昨天公布，上月共运出鱼货{tons}吨，有{boats}艘渔船出海，平均每船作业{days}天。码头新装的冷库已经启用，\
             渔民不必再连夜把鱼送往县城，价格也比去年同期稳定。"
        )
    };
    let characters = brief("三百二十", "四十六", "十八");
    assert!(is_copy(&characters, &brief("320", "46", "18")));
    assert!(!is_copy(&characters, &brief("三百九十", "五十一", "十八")));
    assert!(!is_copy(&characters, &brief("390", "51", "18")));
}

#[test]
fn what_a_page_prints_around_a_brief_is_no_filling() {
    let briefs = [
        "昨天夜里，城南一家面包店的烤炉起火，火苗很快窜上屋顶。消防员赶到后扑灭了火，没有人受伤。店主说，面粉都湿了，但老炉子\
         还能用，明天照常开门。",
        "町の古い銭湯が、この冬から絵本の読み聞かせの場として使われることになった。番台には本棚が置かれ、脱衣所には毛布が並ぶ。\
         主人は、湯は沸かせなくなったが子どもの声が戻るのはうれしいと話している。",
        "कस्बे की पुरानी घड़ी पाँच साल बाद फिर चलने लगी है। एक सेवानिवृत्त लोहार ने अपने घर में इसके टूटे पहिए बनाए और कोई पैसा \
         नहीं लिया। नगरपालिका ने उसे चाबी सौंप दी है और अब वह हर सोमवार मीनार पर चढ़कर घड़ी में चाबी भरेगा।",
        "عاد فرن الحي القديم إلى العمل بعد عشر سنوات من الإغلاق. أصلح الشبان المدخنة وجمع الجيران ثمن الحطب، أما العجين فتحضره الجدات \
         كل صباح. ويباع نصف الخبز ويوزع النصف الآخر على المدرسة القريبة من الساحة.",
    ];
    let around = [
        ("10:32\n\n", "\n\n123", "11:05\n\n", "\n\n4561"),
        ("记者 王小明\n\n", "", "记者 李刚\n\n", ""),
        ("राम शर्मा\n", "", "गीता वर्मा\n", ""),
        ("（央视网）", "", "（新华网）", ""),
        ("央视网消息：", "", "新华网讯：", ""),
        ("नई दिल्ली, भाषा: ", "", "लखनऊ, वार्ता: ", ""),
        ("بيروت (واس) - ", "", "عمان (بترا) - ", ""),
        ("2023年5月2日\n", "", "2023年5月6日\n", ""),
        ("", "（記者 山田太郎）", "", "（記者 佐藤花子）"),
    ];
    for brief in briefs {
        for (before_a, after_a, before_b, after_b) in around {
            let [a, b] = [format!("{before_a}{brief}{after_a}"), format!("{before_b}{brief}{after_b}")];
            assert!(is_copy(&a, &b), "{a}\n{b}");
        }
    }
}

/// Where the script puts no blanks between words, one parts a dateline from its text.
#[test]
fn datelines_of_two_agencies_are_no_filling() {
    let briefs = [
        "昨天夜里，城南一家面包店的烤炉起火，火苗很快窜上屋顶。消防员赶到后扑灭了火，没有人受伤。店主说，面粉都湿了，但老炉子\
         还能用，明天照常开门。",
        "町の古い銭湯が、この冬から絵本の読み聞かせの場として使われることになった。番台には本棚が置かれ、脱衣所には毛布が並ぶ。\
         主人は、湯は沸かせなくなったが子どもの声が戻るのはうれしいと話している。",
    ];
    let datelines = [
        ["新华社北京电 ", "中新社北京电 "],
        ["新华社北京电　", "中央社台北电　"],
        ["新华社柳河5月3日电 ", "中新社东塘5月4日电 "],
        ["新华社柳河五月三日电 ", ""],
        ["柳河日报 ", "东塘晚报 "],
    ];
    for brief in briefs {
        for datelines in datelines {
            let [a, b] = datelines.map(|dateline| format!("{dateline}{brief}"));
            assert!(is_copy(&a, &b), "{a}\n{b}");
        }
    }
    // Whom a notice is about stands in its first sentence, with blanks in the name or without.
    let notice = |name: &str| {
        format!("{name}老人今天在青松养老院迎来一百岁生日。社区送来了蛋糕和鲜花，孩子们表演了歌舞。")
    };
    assert!(!is_copy(&notice("刘桂英"), &notice("慕容秋月")));
    assert!(!is_copy(&notice("刘 桂英"), &notice("慕容 秋月")));
    assert!(!is_copy(&notice("贺寿 刘桂英"), &notice("贺寿 慕容秋月")));
}

#[test]
fn a_notice_that_is_told_in_another_order_is_the_same() {
    let (first, then) =
        ("社区送来了蛋糕和鲜花，孩子们表演了歌舞。", "老人说，长寿的秘诀是早睡早起、心情愉快。");
    let notice = |lead: &str, a: &str, b: &str| {
        format!("{lead}今天在青松养老院迎来一百岁生日。{a}{b}她希望大家都健康平安。")
    };
    assert!(is_copy(&notice("刘桂英老人", first, then), &notice("刘桂英老人", then, first)));
    assert!(!is_copy(&notice("刘桂英老人", first, then), &notice("慕容秋月老人", first, then)));
}

/// What two documents of one text are under two titles.
fn titled(text: &str, titles: [&str; 2]) -> Option<wirecopy::Relation> {
    let compare = |a: &str, b: &str| {
        let (policy, recipe) = (wirecopy::Policy::default(), wirecopy::Recipe::default());
        wirecopy::judge::compare_titled(&policy, recipe, (a, text), (b, text)).relation()
    };
    let [a, b] = titles;
    let found = compare(a, b);
    assert_eq!(found, compare(b, a), "{a} and {b}");
    found
}

#[test]
fn titles_that_name_other_facts_part_notes_of_the_same_words() {
    let (mut two, mut one, mut wrong) = (0, 0, Vec::new());
    for (name, set) in sets() {
        for note in set["titles"].as_array().into_iter().flatten() {
            let own = text(&note["text"]);
            for (pairs, relation, count) in [
                (&note["two"], wirecopy::Relation::Templated, &mut two),
                (&note["one"], wirecopy::Relation::Exact, &mut one),
            ] {
                for pair in list(pairs) {
                    let titles = [text(&pair[0]), text(&pair[1])];
                    *count += 1;
                    let found = titled(own, titles);
                    wrong.extend((found != Some(relation)).then(|| format!("{name}: {titles:?}: {found:?}")));
                    // By itself, and in a text of thirty words, a title parts nothing.
                    let longer = format!("{own} {own} {own} {own}");
                    assert_eq!(
                        titled(&longer, titles),
                        Some(wirecopy::Relation::Exact),
                        "{name}: {titles:?}"
                    );
                }
            }
        }
    }
    assert!(two >= 25 && one >= 25, "{two} and {one}");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), two + one, wrong.join("\n"));
}
