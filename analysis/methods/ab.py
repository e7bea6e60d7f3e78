"""Every method of the A/B lens by name, with the paper it comes from."""

from analysis.core.method import Method

METHODS: tuple[Method, ...] = (
    Method("welch", "Welch's t-test (means)", "Welch (1947), Biometrika 34, 28-35"),
    Method(
        "z_pooled",
        "Pooled z-test with score intervals (proportions)",
        "Mee (1984), Biometrics 40; Farrington, Manning (1990), Stat. Med. 9, 1447-1454",
    ),
    Method(
        "fisher",
        "Fisher's exact test (proportions with small counts)",
        "Fisher (1935), JRSS 98, 39-82",
    ),
    Method(
        "score_ratio",
        "Score interval of a ratio of rates (lift of a proportion)",
        "Koopman (1984), Biometrics 40, 513-517",
    ),
    Method("delta", "Delta method (ratios of sums)", "Deng, Knoblich, Lu (2018), KDD, 233-242"),
    Method(
        "clusters",
        "Delta method over clusters (randomised by cluster)",
        "Deng, Knoblich, Lu (2018), KDD; Liang, Zeger (1986), Biometrika 73, 13-22",
    ),
    Method(
        "cuped",
        "CUPED (what was there before exposure, taken out)",
        "Deng, Xu, Kohavi, Walker (2013), WSDM, 123-132",
    ),
    Method("fieller", "Fieller interval (lift)", "Fieller (1954), JRSS B 16, 175-185"),
    Method(
        "noninferiority",
        "Non-inferiority (guardrails)",
        "Hauschke et al. (1999), Stat. Med. 18, 93-105; Farrington, Manning (1990)",
    ),
    Method("srm", "Sample-ratio test", "Pearson (1900), Phil. Mag. 50; Fabijan et al. (2019), KDD"),
    Method("srm_sequential", "Sample-ratio test at every look", "Lindon, Malek (2022), NeurIPS 35"),
    Method("holm", "Holm's correction", "Holm (1979), Scand. J. Stat. 6, 65-70"),
    Method("hochberg", "Hochberg's correction", "Hochberg (1988), Biometrika 75, 800-802"),
    Method("bonferroni", "Bonferroni's correction", "Dunn (1961), JASA 56, 52-64"),
    Method(
        "bh",
        "False discovery rate, with matching intervals",
        "Benjamini, Hochberg (1995), JRSS B 57; Benjamini, Yekutieli (2005), JASA 100",
    ),
    Method(
        "by",
        "False discovery rate under any dependence",
        "Benjamini, Yekutieli (2001), Ann. Stat. 29, 1165-1188",
    ),
    Method(
        "cochran",
        "Cochran's Q (does the effect differ by segment?)",
        "Cochran (1954), Biometrics 10, 101-129",
    ),
    Method(
        "mantel_haenszel",
        "Mantel-Haenszel (proportions over strata)",
        "Mantel, Haenszel (1959), J. Natl. Cancer Inst. 22, 719-748",
    ),
    Method(
        "winsorise", "One cap for all arms (winsorising)", "Tukey (1962), Ann. Math. Stat. 33, 1-67"
    ),
    Method(
        "intersection_union",
        "Every guardrail must pass",
        "Berger (1982), Technometrics 24, 295-300",
    ),
)

__all__ = ["METHODS", "Method"]
