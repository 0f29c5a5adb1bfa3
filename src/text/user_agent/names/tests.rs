use proptest::prelude::*;

use super::*;

/// Strings as the clients send them: browser, system, text.
const KNOWN: &[(Option<&str>, Option<&str>, &str)] = &[
    (
        Some("Chrome"),
        Some("Windows"),
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    ),
    (
        Some("Chrome"),
        Some("macOS"),
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    ),
    (
        Some("Chrome"),
        Some("Linux"),
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    ),
    (
        Some("Chrome"),
        Some("ChromeOS"),
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    ),
    (
        Some("Chrome"),
        Some("Android"),
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    ),
    (
        Some("Chrome"),
        Some("iOS"),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0.7390.96 Mobile/15E148 Safari/604.1",
    ),
    (
        Some("Chrome"),
        Some("Linux"),
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36",
    ),
    (
        Some("Edge"),
        Some("Windows"),
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
    ),
    (
        Some("Edge"),
        Some("Android"),
        "Mozilla/5.0 (Linux; Android 10; HD1913) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36 EdgA/141.0.0.0",
    ),
    (
        Some("Edge"),
        Some("iOS"),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_7_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 EdgiOS/141.3537.60 Mobile/15E148 Safari/605.1.15",
    ),
    (
        Some("Edge"),
        Some("Windows"),
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0.3538.102 Safari/537.36 Edge/18.19045",
    ),
    (
        Some("Firefox"),
        Some("Windows"),
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
    ),
    (
        Some("Firefox"),
        Some("macOS"),
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 15.7; rv:144.0) Gecko/20100101 Firefox/144.0",
    ),
    (
        Some("Firefox"),
        Some("Linux"),
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    ),
    (
        Some("Firefox"),
        Some("Android"),
        "Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0",
    ),
    (
        Some("Firefox"),
        Some("iOS"),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 15_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/144.0 Mobile/15E148 Safari/605.1.15",
    ),
    (
        Some("Firefox"),
        Some("FreeBSD"),
        "Mozilla/5.0 (X11; FreeBSD amd64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
    (
        Some("Safari"),
        Some("macOS"),
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    ),
    (
        Some("Safari"),
        Some("iOS"),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    ),
    (
        Some("Safari"),
        Some("iPadOS"),
        "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
    ),
    (
        Some("Opera"),
        Some("Windows"),
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0",
    ),
    (
        Some("Opera"),
        Some("Android"),
        "Mozilla/5.0 (Linux; Android 10; VOG-L29) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36 OPR/91.0.0.0",
    ),
    (
        Some("Opera"),
        Some("Linux"),
        "Opera/9.80 (X11; Linux i686) Presto/2.12.388 Version/12.16",
    ),
    (
        Some("Samsung Internet"),
        Some("Android"),
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    ),
    (
        Some("Vivaldi"),
        Some("Windows"),
        "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Vivaldi/7.6.3797.58",
    ),
    (
        Some("Yandex Browser"),
        Some("Windows"),
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 YaBrowser/25.8.0.0 Safari/537.36",
    ),
    (
        Some("DuckDuckGo"),
        Some("iOS"),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1 Ddg/18.6",
    ),
    (
        Some("Internet Explorer"),
        Some("Windows"),
        "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    ),
    (
        Some("Internet Explorer"),
        Some("Windows"),
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)",
    ),
    (
        Some("PowerShell"),
        Some("Windows"),
        "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.4391",
    ),
    // An app that shows pages in the system's own view says no more than this.
    (
        None,
        Some("iOS"),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    ),
    (
        None,
        Some("Android"),
        "Mozilla/5.0 (Linux; U; Android 4.0.3; de-de; GT-I9100) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
    ),
    (
        Some("Googlebot"),
        None,
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    ),
    (
        Some("bingbot"),
        None,
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
    ),
    (Some("curl"), None, "curl/8.5.0"),
    (Some("Wget"), Some("Linux"), "Wget/1.21.4 (Linux)"),
    (Some("python-requests"), None, "python-requests/2.32.3"),
    (Some("Go-http-client"), None, "Go-http-client/2.0"),
    (Some("okhttp"), None, "okhttp/4.12.0"),
    (Some("PostmanRuntime"), None, "PostmanRuntime/7.48.0"),
    (
        Some("Apache-HttpClient"),
        None,
        "Apache-HttpClient/4.5.14 (Java/17.0.12)",
    ),
    (
        Some("Dalvik"),
        Some("Android"),
        "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/AP2A.240805.005)",
    ),
    (Some("Shop"), Some("iOS"), "Shop/3.2 (iPhone; iOS 18.6; Scale/3.00)"),
    (Some("node"), None, "node"),
    (None, None, "Mozilla/5.0"),
    (None, None, ""),
    (None, None, " "),
    (None, None, "-/"),
];

#[test]
fn lo9_browser_and_system_are_named() {
    for (expected_browser, expected_system, text) in KNOWN {
        let named = (browser(text), system(text));
        assert_eq!(named, (*expected_browser, *expected_system), "{text}");
    }
}

#[test]
fn names_inside_of_other_words_do_not_count() {
    for text in [
        "Mozilla/5.0 (MyWindowsLike) NotChrome/1.0",
        "Mozilla/5.0 xFirefox/1 Androids",
    ] {
        assert_eq!((browser(text), system(text)), (None, None), "{text}");
    }
    for text in ["<script>/1", "\u{fffd}curl/8", "Müller/1.0", "@", "/1.0"] {
        assert_eq!(browser(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn lo9_any_text_gets_a_known_name_or_one_of_its_own_tokens_or_none(
        text in "((Mozilla|Opera|curl|é)/5\\.0 )?(\\((compatible; |Windows |iPhone; |X11; |[a-z];)*\\)?| [A-Z][a-z]+/[0-9.]*){0,4}|.*",
    ) {
        if let Some(name) = browser(&text) {
            let known = name == "Safari" || BROWSERS.iter().any(|(_, browser)| *browser == name);
            prop_assert!(known || text.contains(name) && !name.contains(char::is_whitespace));
        }
        if let Some(name) = system(&text) {
            prop_assert!(SYSTEMS.iter().any(|(word, system)| *system == name && text.contains(word)));
        }
    }
}
