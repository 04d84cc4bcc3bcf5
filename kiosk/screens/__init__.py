"""What the inmate sees and presses: a `View` in, `Intent`s out.

`layout` says where things lie, one file per screen says what is there (pure lists of `items`, made
with a `pen`), `scene` picks the screen; `painter`, `raster`, `fonts` and `video` draw them with
Kivy, and `root` is the widget that owns the rest. `python -m kiosk.screens --gallery DIR` draws
every screen to a file.
"""
