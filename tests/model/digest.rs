//! Digests.

use rotate::model::Digest;

#[test]
fn a_digest_has_an_algorithm_and_as_many_digits_as_that_demands() {
    for (algorithm, digits) in [("sha256", 64), ("sha384", 96), ("sha512", 128)] {
        let text = format!("{algorithm}:{}", "a0".repeat(digits / 2));
        let digest: Digest = text.parse().unwrap();
        assert_eq!(digest.as_str(), text);
        assert_eq!(digest.short(), format!("{algorithm}:a0a0a0a0a0a0"));
        for wrong in [&text[..text.len() - 1], &format!("{text}0"), &text.to_uppercase(), &text.replace('a', "A"), &text.replace(':', "")] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }
}

#[test]
fn nothing_else_is_a_digest() {
    let foreign = format!("sha256:{}", "é".repeat(32));
    let other = format!("md5:{}", "a".repeat(32));
    for text in ["", ":", "sha256:", "latest", "sha256", &foreign, &other, &format!(" sha256:{}", "a".repeat(64))] {
        assert!(text.parse::<Digest>().is_err(), "{text}");
    }
}
