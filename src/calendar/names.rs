//! The names of months, weekdays, halves of a day and eras, in the languages of the world's press.
//!
//! They are those of the GNU C Library, by `pure-rust-locales`, with the forms that stand in a date ("марта") and those
//! that stand alone ("март").

use std::sync::LazyLock;

use icu_normalizer::ComposingNormalizerBorrowed;

/// The names of one locale.
struct Locale {
    months: [Option<&'static [&'static str]>; 4],
    weekdays: [&'static [&'static str]; 2],
    halves: &'static [&'static str],
    eras: Option<&'static [&'static str]>,
    /// How a date is written by an era.
    by_era: Option<&'static str>,
}

macro_rules! locales {
    ($($name:ident)*) => {
        &[$(Locale {
            months: [
                Some(pure_rust_locales::$name::LC_TIME::MON),
                Some(pure_rust_locales::$name::LC_TIME::ABMON),
                pure_rust_locales::$name::LC_TIME::ALT_MON,
                pure_rust_locales::$name::LC_TIME::AB_ALT_MON,
            ],
            weekdays: [pure_rust_locales::$name::LC_TIME::DAY, pure_rust_locales::$name::LC_TIME::ABDAY],
            halves: pure_rust_locales::$name::LC_TIME::AM_PM,
            eras: pure_rust_locales::$name::LC_TIME::ERA,
            by_era: pure_rust_locales::$name::LC_TIME::ERA_D_FMT,
        }),*]
    };
}

/// Languages that have newspapers. More would give short forms of one language the meaning of another's.
const LOCALES: &[Locale] = locales! {
    af_ZA am_ET ar_DZ ar_EG ar_LB ar_MA az_AZ be_BY bg_BG bn_BD bs_BA ca_ES cs_CZ cy_GB da_DK de_AT de_DE el_GR en_US es_ES
    et_EE eu_ES fa_IR fi_FI fil_PH fr_FR ga_IE gl_ES gu_IN he_IL hi_IN hr_HR hu_HU hy_AM id_ID is_IS it_IT ja_JP ka_GE kk_KZ
    km_KH kn_IN ko_KR ky_KG lb_LU lo_LA lt_LT lv_LV mk_MK ml_IN mn_MN mr_IN ms_MY mt_MT my_MM nb_NO ne_NP nl_NL nn_NO pa_IN
    pl_PL ps_AF pt_BR pt_PT ro_RO ru_RU si_LK sk_SK sl_SI sq_AL sr_RS sr_RS_latin sv_SE sw_KE ta_IN te_IN tg_TJ th_TH tr_TR
    uk_UA ur_PK uz_UZ uz_UZ_cyrillic vi_VN zh_CN zh_TW
};

/// Letters that a word has at least to be the beginning of a name ("sept"), and that a name has more of when a word may add an
/// ending ("maaliskuuta").
const SHORT: usize = 3;

/// Letters of an ending, at most.
const ENDING: usize = 3;

/// All names with what they stand for, in order.
struct Names {
    months: Vec<(String, i8)>,
    weekdays: Vec<String>,
    halves: Vec<(String, bool)>,
    /// Eras, each with the year before its first.
    eras: Vec<(String, i32)>,
    /// Of languages that count years by an era and do not say so: the names of their months, with the year before its first.
    counted: Vec<(String, i32)>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names {
        months: Vec::new(),
        weekdays: Vec::new(),
        halves: Vec::new(),
        eras: Vec::new(),
        counted: Vec::new(),
    };
    for locale in LOCALES {
        for months in locale.months.iter().flatten() {
            names.months.extend(months.iter().map(|name| spelled(name)).zip(1..));
        }
        names.weekdays.extend(locale.weekdays.into_iter().flatten().map(|name| spelled(name)));
        names.halves.extend(locale.halves.iter().map(|name| undotted(&spelled(name))).zip([false, true]));
    }
    for locale in LOCALES {
        let eras: Vec<(String, i32)> =
            locale.eras.into_iter().flatten().filter_map(|era| read_era(era)).collect();
        if let ([(_, before)], Some(form)) = (&eras[..], locale.by_era)
            && !form.contains("%EC")
            && !form.contains("%EY")
        {
            let months = locale.months.iter().flatten().flat_map(|months| months.iter());
            names.counted.extend(months.map(|name| (spelled(name), *before)));
        }
        names.eras.extend(eras);
    }
    names.eras.sort_unstable();
    names.eras.dedup();
    names.months.retain(|(name, _)| !name.is_empty());
    names.months.sort_unstable();
    names.months.dedup();
    names.weekdays.sort_unstable();
    names.halves.retain(|(name, _)| !name.is_empty());
    names.halves.sort_unstable();
    names.halves.dedup();
    names
});

/// An era as the C library describes it, with its direction, the number of its first year, its first and last day, and its name:
/// its name, and the year before the one that it counts as its first. None of one that counts backwards.
fn read_era(described: &str) -> Option<(String, i32)> {
    let mut parts = described.split(':');
    let (direction, number) = (parts.next()?, parts.next()?.parse::<i32>().ok()?);
    let (first, last, name) = (parts.next()?, parts.next()?, parts.next()?);
    let year: i32 = first.rsplitn(3, '/').nth(2)?.parse().ok()?;
    // There is no year 0: what came before the first is counted without it.
    let year = if year < 0 { year + 1 } else { year };
    (direction == "+" && last != "-*").then(|| (undotted(&spelled(name)), year - number))
}

/// A name as a date has it after [`super::plain`], in lower case.
fn spelled(name: &str) -> String {
    let name = ComposingNormalizerBorrowed::new_nfkc().normalize(name).to_lowercase();
    name.trim().trim_end_matches('.').to_owned()
}

/// `p.m.` and `p. m.` are `pm`.
pub(super) fn undotted(word: &str) -> String {
    word.chars().filter(|&c| c != '.' && c != ' ').collect()
}

/// The one thing that all of these are.
fn only<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// The names that are this one, each with what it stands for.
fn exactly<'a, T: Copy>(names: &'a [(String, T)], word: &'a str) -> impl Iterator<Item = T> + 'a {
    let start = names.partition_point(|(name, _)| name.as_str() < word);
    names[start..].iter().take_while(move |(name, _)| name == word).map(|&(_, value)| value)
}

/// The month of this name, in lower case; none for a name that two languages give to two months.
pub(super) fn month(word: &str) -> Option<i8> {
    only(exactly(&NAMES.months, word))
}

/// The month of a word that is the beginning of its name, or begins with it: of all such names, if they are one month's.
pub(super) fn month_in_short(word: &str) -> Option<i8> {
    let letters = word.chars().count();
    if letters < SHORT || exactly(&NAMES.months, word).next().is_some() {
        return None;
    }
    let start = NAMES.months.partition_point(|(name, _)| name.as_str() < word);
    let longer =
        NAMES.months[start..].iter().take_while(|(name, _)| name.starts_with(word)).map(|&(_, month)| month);
    let shorter = (SHORT + 1..letters).rev().take(ENDING).filter_map(|length| {
        let (end, _) = word.char_indices().nth(length)?;
        Some(exactly(&NAMES.months, word.get(..end)?))
    });
    only(longer.chain(shorter.flatten()))
}

/// Whether a word in lower case is a day of the week.
pub(super) fn is_weekday(word: &str) -> bool {
    NAMES.weekdays.binary_search_by(|name| name.as_str().cmp(word)).is_ok()
}

/// Whether a word in lower case and without points is a name of the afternoon, where it is one of the morning or of the afternoon.
pub(super) fn afternoon(word: &str) -> Option<bool> {
    only(exactly(&NAMES.halves, word))
}

/// The year before the first of the era of this name, in lower case and without points.
pub(super) fn era(word: &str) -> Option<i32> {
    only(exactly(&NAMES.eras, word))
}

/// The year before the first of the era by which the language of a date counts its years, where it does without saying so: the
/// names of months tell the language.
pub(super) fn era_of_language(date: &str) -> Option<i32> {
    only(NAMES.counted.iter().filter(|(name, _)| date.contains(name.as_str())).map(|&(_, before)| before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_month_are_told_and_others_are_not() {
        assert_eq!(
            ["march", "maj", "sept", "juil", "maaliskuuta"].map(|word| month(word).or(month_in_short(word))),
            [Some(3), Some(5), Some(9), Some(7), Some(3)]
        );
        // October in Croatia, November in Poland; June or July in France; nothing.
        let none = ["listopada", "jui", "ma", "", "wednesday", "marchers and others"];
        assert_eq!(none.map(|word| month(word).or(month_in_short(word))), [None; 6]);
        assert!(is_weekday("tuesday") && is_weekday("\u{432}\u{442}") && !is_weekday("march"));
        assert_eq!(["\u{4ee4}\u{548c}", "\u{6c11}\u{570b}", "ad"].map(era), [Some(2018), Some(1911), None]);
        assert_eq!(era_of_language("5 \u{e21}\u{e35}\u{e19}\u{e32}\u{e04}\u{e21} 2567"), Some(-543));
        assert_eq!(era_of_language("5 march 2567"), None);
        assert_eq!(
            ["am", "pm", "\u{5348}\u{5f8c}", "xm"].map(afternoon),
            [Some(false), Some(true), Some(true), None]
        );
    }

    #[test]
    fn every_month_and_weekday_of_every_language_is_known() {
        let mut conflicts = 0;
        for locale in LOCALES {
            for months in locale.months.iter().flatten() {
                assert_eq!(months.len(), 12);
                for (name, number) in months.iter().zip(1..) {
                    let name = spelled(name);
                    let found = month(&name);
                    assert!(found.is_none_or(|month| month == number), "{name}");
                    conflicts += usize::from(found.is_none() && !name.is_empty());
                }
            }
            assert!(
                locale
                    .weekdays
                    .iter()
                    .all(|days| days.len() == 7 && days.iter().all(|day| is_weekday(&spelled(day))))
            );
        }
        assert!(conflicts < 25, "{conflicts} names of months are of two months");
    }
}
