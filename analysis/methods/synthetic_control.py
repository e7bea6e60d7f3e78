"""Every method of the synthetic control lens by name, with the paper it comes from."""

from analysis.core.method import Method

METHODS: tuple[Method, ...] = (
    Method(
        "classic",
        "Synthetic control (classic)",
        "Abadie, Diamond, Hainmueller (2010), JASA 105, 493-505; Abadie (2021), JEL 59, 391-425",
    ),
    Method(
        "nnls",
        "Exact weights",
        "Lawson, Hanson (1974), Solving Least Squares Problems, ch. 23; certificate: Jaggi "
        "(2013), ICML 28, 427-435",
    ),
    Method(
        "demeaned",
        "Demeaned",
        "Doudchenko, Imbens (2016), NBER 22791; Ferman, Pinto (2021), Quantitative Economics 12, "
        "1197-1221",
    ),
    Method(
        "indexed",
        "Indexed",
        "This product's own: unit weights of Arkhangelsky et al. (2021), AER 111, 4088-4118, on "
        "indices",
    ),
    Method(
        "ridge",
        "Ridge-augmented",
        "Ben-Michael, Feller, Rothstein (2021), JASA 116, 1789-1803",
    ),
    Method(
        "sdid",
        "Synthetic difference in differences",
        "Arkhangelsky, Athey, Hirshberg, Imbens, Wager (2021), AER 111, 4088-4118",
    ),
    Method("penalised", "Penalised", "Abadie, L'Hour (2021), JASA 116, 1817-1834"),
    Method(
        "predictors",
        "Predictors and V",
        "Abadie, Gardeazabal (2003), AER 93, 113-132; Abadie, Diamond, Hainmueller (2015), AJPS "
        "59, 495-510; on its fragility: Kloessner et al. (2018), Swiss J. Econ. Stat. 154:11",
    ),
    Method(
        "bsts",
        "Structural time series",
        "Brodersen, Gallusser, Koehler, Remy, Scott (2015), Ann. Appl. Stat. 9, 247-274, by "
        "quadrature",
    ),
    Method(
        "placebo_t",
        "Studentised placebo test and its dual interval",
        "Abadie, Diamond, Hainmueller (2010), JASA 105, 493-505; Firpo, Possebom (2018), J. Causal "
        "Inference 6(2); studentised: this product's own",
    ),
    Method(
        "in_time",
        "In-time placebo and leave-one-out",
        "Abadie, Diamond, Hainmueller (2015), AJPS 59, 495-510",
    ),
    Method(
        "conformal", "Conformal p-value", "Chernozhukov, Wuethrich, Zhu (2021), JASA 116, 1849-1864"
    ),
    Method(
        "staggered",
        "Different starts",
        "Ben-Michael, Feller, Rothstein (2022), JRSS-B 84, 351-381; its test: this product's own",
    ),
    Method("holm", "Guardrails, corrected", "Holm (1979), Scand. J. Statist. 6, 65-70"),
    Method("fit_range", "Fit-equivalent range", "This product's own, by the frontier of fit"),
    Method("power", "Power by pretended launches", "This product's own, on the placebo test above"),
)
