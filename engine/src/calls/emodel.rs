//! The E-model: from loss, jitter and coding to a mean opinion score (ITU-T G.107, with the values of G.113 Appendix I).
//!
//! Of delay only what the stream itself shows is counted (a packet, and a buffer of twice the jitter): the network's is not
//! measured by looking on from one place.

use super::codec::Impairment;

/// What stays of the scale with all of G.107's defaults.
const BEST: f64 = 93.2;
/// Up to here delay is not noticed, in milliseconds.
const UNNOTICED: f64 = 100.0;

/// What was measured of one direction.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Share of packets that were lost, 0..1.
    pub loss: f64,
    /// Mean length of a run of lost packets over that of random loss; 1 where loss is random.
    pub burst: f64,
    /// Interarrival jitter, in milliseconds.
    pub jitter: f64,
    /// Time that one packet holds, in milliseconds.
    pub frame: f64,
}

/// Mean opinion score, 1 to 4.5.
#[must_use]
pub fn mos(measured: &Measured, coding: Impairment) -> f64 {
    score(BEST - delay(measured.frame + 2.0 * measured.jitter) - equipment(measured, coding))
}

/// Ie-eff (G.107 §7.4).
fn equipment(measured: &Measured, coding: Impairment) -> f64 {
    let loss = 100.0 * measured.loss;
    coding.equipment + (95.0 - coding.equipment) * loss / (loss / measured.burst.max(1.0) + coding.robustness)
}

/// Idd (G.107 §7.3, without echo).
fn delay(milliseconds: f64) -> f64 {
    if milliseconds <= UNNOTICED {
        return 0.0;
    }
    let x = (milliseconds / UNNOTICED).log2();
    let term = |x: f64| (1.0 + x.powi(6)).powf(1.0 / 6.0);
    25.0 * (term(x) - 3.0 * term(x / 3.0) + 2.0)
}

/// From the rating to the score (G.107 Annex B).
fn score(rating: f64) -> f64 {
    match rating {
        ..=0.0 => 1.0,
        100.0.. => 4.5,
        _ => (1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6).max(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PCM: Impairment = Impairment { equipment: 0.0, robustness: 25.1 };
    const G729: Impairment = Impairment { equipment: 11.0, robustness: 19.0 };
    const CLEAN: Measured = Measured { loss: 0.0, burst: 1.0, jitter: 0.0, frame: 20.0 };

    #[test]
    fn a_clean_call_has_the_score_of_its_coding() {
        // G.107: R = 93.2 is 4.41; G.113: G.729A takes 11 off, which is 4.10.
        assert!((mos(&CLEAN, PCM) - 4.41).abs() < 0.01, "{}", mos(&CLEAN, PCM));
        assert!((mos(&CLEAN, G729) - 4.10).abs() < 0.02, "{}", mos(&CLEAN, G729));
    }

    #[test]
    fn loss_takes_what_the_formula_says() {
        // 5% random loss with G.711 and concealment: Ie-eff = 95 * 5 / 30.1 = 15.78, R = 77.4, 3.92.
        let lossy = Measured { loss: 0.05, ..CLEAN };
        assert!((mos(&lossy, PCM) - 3.92).abs() < 0.02, "{}", mos(&lossy, PCM));
        assert!(mos(&Measured { burst: 3.0, ..lossy }, PCM) < mos(&lossy, PCM));
    }

    #[test]
    fn delay_counts_from_a_tenth_of_a_second() {
        assert!(delay(100.0).abs() < 1e-9);
        // G.107's curve: 200 ms cost about 3, 400 ms about 24.
        assert!((2.0..5.0).contains(&delay(200.0)), "{}", delay(200.0));
        assert!((22.0..27.0).contains(&delay(400.0)), "{}", delay(400.0));
    }

    #[test]
    fn the_score_never_leaves_its_scale() {
        for loss in [0.0, 0.2, 0.7, 1.0] {
            for jitter in [0.0, 50.0, 1e6] {
                let score = mos(&Measured { loss, burst: 1.0, jitter, frame: 20.0 }, G729);
                assert!((1.0..=4.5).contains(&score), "{score}");
            }
        }
    }
}
