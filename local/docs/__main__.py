"""Write the generated pages of docs/, as ``make docs`` does before it builds the site."""

from local.docs.pages import DOCS, pages


def main() -> None:
    for name, text in pages().items():
        (DOCS / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
