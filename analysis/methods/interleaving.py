"""Every method of the interleaving lens by name, with the paper it comes from."""

from analysis.core.method import Method

METHODS: tuple[Method, ...] = (
    Method(
        "delta_ab",
        "Preference of lists and users, with ties",
        "Chapelle, Joachims, Radlinski, Yue (2012), ACM TOIS 30(1)",
    ),
    Method(
        "user_sqrt_t",
        "Root-weighted t-test of users (headline)",
        "Student (1908), Biometrika 6, 1-25, of each user's difference over the root of credit",
    ),
    Method("wilcoxon", "Signed ranks of users", "Wilcoxon (1945), Biometrics Bulletin 1, 80-83"),
    Method("wilson", "Interval of a share", "Wilson (1927), JASA 22, 209-212"),
    Method(
        "credit_share_clustered",
        "Share of credit, clustered by user",
        "Deng, Knoblich, Lu (2018), KDD, 233-242",
    ),
    Method("effective_users", "Effective users", "Kish (1965), Survey Sampling"),
    Method(
        "position_stratified",
        "Same-position lift",
        "Mantel, Haenszel (1959), J. Natl. Cancer Inst. 22; Greenland, Robins (1985), "
        "Biometrics 41, 55-68",
    ),
    Method("jackknife", "Error by leaving out users", "Efron, Stein (1981), Ann. Stat. 9, 586-596"),
    Method(
        "shuffled",
        "Position bias from shuffled lists",
        "Craswell, Zoeter, Taylor, Ramsey (2008), WSDM",
    ),
    Method(
        "loglinear",
        "Position bias from items that move",
        "Agarwal, Zaitsev, Wang, Li, Najork, Joachims (2019), WSDM",
    ),
    Method("coec", "Clicks over expected clicks", "Zhang, Jones (2007), WWW workshop"),
    Method(
        "ips",
        "Clicks by inverse propensity",
        "Joachims, Swaminathan, Schnabel (2017), WSDM",
    ),
    Method(
        "rank_weighted",
        "Direction from both rankers' own ranks",
        "In the spirit of Bi et al. (2022), CIKM",
    ),
    Method(
        "competitive",
        "Competitive slots",
        "Zhang, Deng, Du, Gao, He, Katariya (2025), KDD (arXiv 2508.00751)",
    ),
    Method("holm", "Several rankers, corrected", "Holm (1979), Scand. J. Statist. 6, 65-70"),
    Method("e_value", "List e-value", "Robbins (1970), Ann. Math. Stat. 41; Ville (1939)"),
    Method(
        "confidence_sequence",
        "User confidence sequence",
        "Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2024), Ann. Stat. (arXiv 2103.06476)",
    ),
    Method("paired_delta", "Sums of users", "Deng, Knoblich, Lu (2018), KDD, 233-242"),
    Method(
        "deming",
        "Bridge to A/B tests",
        "Deming (1943), Statistical Adjustment of Data; Linnet (1990), Stat. Med. 9",
    ),
)

__all__ = ["METHODS", "Method"]
