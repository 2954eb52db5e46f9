"""Whether ids of papers may be looked up, and where: `[references]` of labjam.toml."""

from dataclasses import dataclass

from bot.records import ReferenceKind

CROSSREF = "https://api.crossref.org/works/{id}"
ARXIV = "https://export.arxiv.org/api/query?max_results=1&id_list={id}"
PUBMED = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/esummary.fcgi?db=pubmed&retmode=json&id={id}"


@dataclass(frozen=True, slots=True)
class LookUps:
    """Where ids are looked up; nowhere, unless a deployment says so."""

    allowed: bool = False
    contact: str = ""  # an address that the registries may write to
    doi: str = CROSSREF
    arxiv: str = ARXIV
    pubmed: str = PUBMED

    def address(self, kind: ReferenceKind) -> str:
        """The address for ids of a kind, with {id} in it."""
        return {"doi": self.doi, "arxiv": self.arxiv, "pubmed": self.pubmed}[kind]


NOWHERE = LookUps()
