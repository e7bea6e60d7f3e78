"""Links: every share link, when it ends, when it was last opened; and the way to end it."""

import streamlit as st

from analysis import store as saved
from pages.ui import frame, html, share, words

html.stylesheet()
st.title("Links", anchor=False)
st.caption("Who has a link sees one readout as it was when the link was made, and nothing else.")

rows = saved.links_of(frame.open_store())
on = [row for row in rows if saved.works(row)]
ended = [row for row in rows if not saved.works(row)]

if not rows:
    with st.container(border=True):
        st.subheader("No link yet", anchor=False)
        st.markdown("Open a study, choose **Share**, and create a link for those who only read.")
        if st.button("Open Studies", type="primary", icon=":material/lists:"):
            frame.go("studies")
    st.stop()

st.subheader(f"{words.counted(len(on), 'link')} that open{'s' if len(on) == 1 else ''}")
if on:
    share.show_links(on)
else:
    st.markdown("No link opens any more.")
if ended:
    with st.expander(f"Ended ({len(ended)})", icon=":material/link_off:"):
        share.show_links(ended[:200])
