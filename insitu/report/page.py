"""The sections on one page: head, contents, use cases, foot. Nothing in it is fetched from anywhere."""

from dataclasses import dataclass
from importlib.resources import files

from insitu.report.blocks import Section
from insitu.report.markup import Html, join, tag
from insitu.report.wording import title


@dataclass(frozen=True)
class Chapter:
    """One use case: its name, a line under it, and its sections."""

    use_case: str
    subtitle: str
    sections: list[Section]


def page(project: str, chapters: list[Chapter], foot: str) -> str:
    """The whole document."""
    content = tag(
        "div",
        _contents(chapters),
        tag("header", tag("h1", f"Models of the project {project}")),
        tag(
            "main",
            *(map(_chapter, chapters) if chapters else [tag("p", "The project has no use case.", class_="empty")]),
        ),
        tag("footer", foot),
        class_="page",
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        # the browser loads and runs nothing, whatever text is in the data
        tag("meta", http_equiv="Content-Security-Policy", content="default-src 'none'; style-src 'unsafe-inline'"),
        tag("title", f"Report of {project}"),
        tag("style", Html(files(__package__).joinpath("style.css").read_text(encoding="utf-8"))),
    )
    return "<!doctype html>\n" + tag("html", head, tag("body", content), lang="en") + "\n"


def _contents(chapters: list[Chapter]) -> Html:
    lists = [
        join(
            tag("strong", tag("a", title(chapter.use_case), href=f"#{chapter.use_case}")),
            tag("ul", *(tag("li", tag("a", s.title, href=f"#{_id(chapter, s)}")) for s in chapter.sections)),
        )
        for chapter in chapters
    ]
    return tag("nav", tag("div", *lists), aria_label="Contents")


def _chapter(chapter: Chapter) -> Html:
    sections = [tag("section", tag("h3", s.title), s.body, id=_id(chapter, s)) for s in chapter.sections]
    head = join(tag("h2", title(chapter.use_case)), tag("p", chapter.subtitle, class_="note"))
    return tag("article", head, *sections, class_="usecase", id=chapter.use_case)


def _id(chapter: Chapter, section: Section) -> str:
    return f"{chapter.use_case}-{section.id}"
