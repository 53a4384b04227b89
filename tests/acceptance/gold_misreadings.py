"""Episodes whose transcripts the shared world's gold misreads, each checked by hand.

The gold is compared by published label. It parses labels by one simple rule; where a document does
not follow that rule, it gives segments to the previous speaker.
"""

# A question's label lasts over the unlabelled answers of a lecturer, which are nobody's.
LECTURES = (
    "bitcoin-chaincode-residency/2019-06-12-ethan-heilman-network-partitioning-attacks",
    "bitcoin-chaincode-residency/2019-06-19-john-newbery-wallet-development",
    "bitcoin-chaincode-residency/2019-10-09-giulia-fanti-p2p-privacy-attacks",
)
MISREADINGS = {
    "a label of the audience lasts over the unlabelled answers of a lecturer": LECTURES,
    "the hours of a time are parsed as the end of the label ('Casey Rodarmor 00:02:46:' is read as "
    "'Casey Rodarmor 00'), and the rest of the time is counted as another segment": (
        "bitcoin-stephan-livera-podcast/2022-08-02-jonas-nick-tim-ruffing",
        "bitcoin-stephan-livera-podcast/2022-08-11-gloria-zhao",
        "bitcoin-stephan-livera-podcast/2022-11-13-dhruv-pieter-wuille-and-tim-ruffing",
        "bitcoin-stephan-livera-podcast/2023-01-14-james-obeirne-a-new-way-to-hodl",
        "bitcoin-stephan-livera-podcast/2023-01-18-josibake",
        "bitcoin-stephan-livera-podcast/2023-02-02-casey-rodarmor",
        "bitcoin-stephan-livera-podcast/opvault-a-new-way-to-hodl",
        "bitcoin-stephan-livera-podcast/slp455-anant-tapadia-single-sig-or-multi-sig",
        "bitcoin-stephan-livera-podcast/what-is-splicing",
    ),
    "a label that occurs only once or twice ('Speaker 2: …', 'Murch (M): …') is not parsed": (
        "bitcoin-chaincode-podcast/2020-11-30-carl-dong-reproducible-builds",
        "bitcoin-chaincode-podcast/2021-05-12-matt-corallo-ldk",
        "bitcoin-chaincode-residency/2019-06-17-john-newbery-security-models",
        "bitcoin-chaincode-residency/2019-06-17-newbery-security-models.es",
        "bitcoin-chaincode-residency/2019-06-18-james-obeirne-advanced-segwit",
        (
            "bitcoin-chaincode-residency/2019-06-24-fabrice-drouin-base-and-transport-layers-"
            "of-lightning-network"
        ),
        "bitcoin-chaincode-residency/2019-06-25-alex-bosworth-mpp",
        "bitcoin-chaincode-residency/2019-06-25-fabrice-drouin-attack-vectors-of-lightning-network",
        "bitcoin-chaincode-residency/2019-06-26-rene-pickhardt-splicing",
        "bitcoin-chaincode-residency/2019-06-28-christian-decker-rendezvous-routing",
        "bitcoin-stephan-livera-podcast/2019-08-08-michael-flaxman",
        "bitcoin-stephan-livera-podcast/2019-10-29-jack-mallers",
        "bitcoin-stephan-livera-podcast/2019-12-16-rusty-russell_lightning-multi-part-payments",
        "bitcoin-stephan-livera-podcast/2021-01-14-jonas-schnelli-maintaining-bitcoin-core",
        "bitcoin-stephan-livera-podcast/2021-05-13-pavel-moravec",
        (
            "bitcoin-stephan-livera-podcast/2021-11-16-pieter-wuille-andrew-poelstra-andrew-chow-"
            "mark-erhardt"
        ),
        (
            "bitcoin-stephan-livera-podcast/2021-11-27-lisa-neigut-alex-bosworth-graham-krizek-"
            "and-matt-corallo"
        ),
        "bitcoin-stephan-livera-podcast/2023-02-23-matt-corallo",
        "bitcoin-stephan-livera-podcast/2023-02-27-craig-raw-bitcoin-multi-signature",
        "changelog-podcast/the-changelog-217",
        "changelog-podcast/the-changelog-221",
    ),
    "a label at the start of a line inside a paragraph ('…data.\\n**Jerod Santo:** Can') is not "
    "read": (
        *(f"changelog-jsparty/js-party-{n}" for n in (15, 25, 283, 308, 32, 325, 349)),
        *(
            f"changelog-podcast/the-changelog-{n}"
            for n in (272, 291, 294, 299, 521, 539, 540, 545, 572, 648, 651, 652, 654, 660)
        ),
        *(f"changelog-podcast/the-changelog-{n}" for n in (661, 663, 665, 668)),
    ),
    "the times of a break ('Break: [19:00]', '[27:32] COMMERCIAL BREAK [28:04]') are counted as "
    "speech": (
        *(f"changelog-jsparty/js-party-{n}" for n in (19, 334, 34)),
        *(f"changelog-podcast/the-changelog-{n}" for n in (205, 290, 316, 452, 634)),
        "changelog-news/changelog-news-97",
    ),
    "bold words that open a sentence ('**On Wednesday**: David Crawshaw joins us') are a label": (
        *(f"changelog-news/changelog-news-{n}" for n in (101, 108, 132, 144)),
    ),
    "a label with a space before its colon ('Greg :') or a stop before it ('. Joan: So I did') is "
    "not read": (
        "bitcoin-chaincode-podcast/sighash-anyprevout-ephemeral-anchors-and-ln-symmetry-eltoo",
        "bitcoin-chaincode-podcast/the-bitcoin-core-wallet",
        "bitcoin-chaincode-podcast/utxos-chaincode-decoded",
        "virtualcoffee/3_4",
    ),
    "labels of paragraphs in HTML inside markdown ('<p>WS: This is …') are not parsed": (
        "haskell-interlude/1",
        "haskell-interlude/2",
    ),
}

MISREAD_EPISODES = frozenset(place for places in MISREADINGS.values() for place in places)
