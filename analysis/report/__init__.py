"""Reports: from a readout's content to a page, a picture, a table and a few lines of text."""

from analysis.report.aggregates import aggregates
from analysis.report.page import Links, gone_page, message_page, page
from analysis.report.preview import preview_png
from analysis.report.summary import text_summary
from analysis.report.tables import csv_of as csv_text

__all__ = [
    "Links",
    "aggregates",
    "csv_text",
    "gone_page",
    "message_page",
    "page",
    "preview_png",
    "text_summary",
]
