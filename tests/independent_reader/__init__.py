"""Reading, written a second time and character by character: a judge over the fast reader."""
