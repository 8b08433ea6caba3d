from __future__ import annotations

import io
import zipfile

import docx
import pytest

from media_library.media import sniff
from media_library.media.errors import NotMediaError, TruncatedError, UnsupportedError, WrongTypeError

MP4_HEAD = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"


def written(tmp_path, content: bytes, name: str = "file"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("options", "name", "mime"),
    [
        (["-c:v", "libx264", "-c:a", "aac"], "a.mp4", "video/mp4"),
        (["-c:v", "libx264", "-c:a", "aac"], "a.mov", "video/quicktime"),
        (["-vn", "-c:a", "aac", "-f", "ipod"], "a.m4a", "audio/mp4"),
        (["-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus"], "a.webm", "video/webm"),
        (["-c:v", "libx264", "-c:a", "aac"], "a.mkv", "video/x-matroska"),
        (["-c:v", "mpeg4", "-c:a", "libmp3lame"], "a.avi", "video/x-msvideo"),
        (["-c:v", "libx264", "-c:a", "aac"], "a.ts", "video/mp2t"),
        (["-vn", "-c:a", "libmp3lame"], "a.mp3", "audio/mpeg"),
        (["-vn", "-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0"], "bare.mp3", "audio/mpeg"),
        (["-vn"], "a.wav", "audio/wav"),
        (["-vn", "-c:a", "libopus"], "a.ogg", "audio/ogg"),
        (["-vn"], "a.flac", "audio/flac"),
        (["-vn", "-c:a", "aac"], "a.aac", "audio/aac"),
        (["-an", "-frames:v", "1"], "a.png", "image/png"),
        (["-an", "-frames:v", "1"], "a.jpg", "image/jpeg"),
        (["-an", "-frames:v", "1"], "a.webp", "image/webp"),
        (["-an", "-frames:v", "2"], "a.gif", "image/gif"),
    ],
)
def test_every_accepted_kind_is_known_by_content(make, tmp_path, options, name, mime):
    path = make(name, *options, seconds=0.5)

    assert sniff.check_declared(path, declared_mime=mime, filename=name).mime == mime
    assert sniff.sniff(path.rename(tmp_path / "nameless")).mime == mime


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (b"WEBVTT\n\n", "text/vtt"),
        (b"\xef\xbb\xbfWEBVTT - title\n\n", "text/vtt"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nHello\n", "application/x-subrip"),
    ],
)
def test_subtitle_files_are_known_by_content(tmp_path, content, mime):
    assert sniff.sniff(written(tmp_path, content)).mime == mime


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nother.mp4\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile other.mp4\n",
        b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
        b"<MPD></MPD>",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        b'<?xml version="1.0"?><AssetMap></AssetMap>',
        b"[playlist]\nFile1=other.mp4\n",
        b"just some words",
        b"<html><script>alert(1)</script></html>",
        b"MZ" + bytes(200),
        b"PK\x03\x04" + bytes(200),
        b"\0" * 4096,
        b"\xff\xfb\x90\x00" + bytes(4000),
        b"WEBVTTX\n",
    ],
)
def test_what_is_not_media_is_refused_whatever_its_name(tmp_path, content):
    with pytest.raises(NotMediaError) as refusal:
        sniff.check_declared(written(tmp_path, content, "movie.mp4"), declared_mime="video/mp4", filename="movie.mp4")
    assert refusal.value.message.endswith(".")


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(TruncatedError):
        sniff.sniff(written(tmp_path, b""))


def test_pictures_of_a_kind_we_cannot_show_are_refused_with_advice(tmp_path):
    with pytest.raises(UnsupportedError, match="JPEG"):
        sniff.sniff(written(tmp_path, b"\0\0\0\x20ftypheic\0\0\0\0"))


@pytest.mark.parametrize(
    ("mime", "filename"),
    [
        ("audio/mpeg", "a.mp4"),
        ("video/mp4", "a.mp3"),
        ("image/png", "a.png"),
        ("video/webm", "a.webm"),
        ("text/html", "a.mp4"),
        ("video/mp4", "a.exe"),
    ],
)
def test_a_file_that_lies_about_its_type_is_refused(tmp_path, mime, filename):
    with pytest.raises(WrongTypeError):
        sniff.check_declared(written(tmp_path, MP4_HEAD), declared_mime=mime, filename=filename)


@pytest.mark.parametrize(
    ("mime", "filename"),
    [
        ("video/mp4", "a.mp4"),
        ("video/quicktime", "a.MOV"),
        ("", "a.m4v"),
        ("application/octet-stream", "a.mp4"),
        ("video/mp4; codecs=avc1", "no extension"),
    ],
)
def test_names_of_one_format_are_interchangeable(tmp_path, mime, filename):
    assert sniff.check_declared(written(tmp_path, MP4_HEAD), declared_mime=mime, filename=filename) is sniff.MP4


def word_document(*, extra: str = "") -> bytes:
    file = io.BytesIO()
    docx.Document().save(file)
    if extra:
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr(extra, b"")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a.pdf", sniff.PDF),
        (word_document(), "a.docx", sniff.DOCX),
        ("Grüße an alle.\r\n\tBis morgen.".encode(), "a.txt", sniff.PLAIN),
        ("é".encode() * sniff.HEAD_BYTES, "a.txt", sniff.PLAIN),
        (("a" + "é" * sniff.HEAD_BYTES).encode(), "a.txt", sniff.PLAIN),
        (b"1\n00:00:01,000 --> 00:00:02,000\nHello\n", "a.txt", sniff.SUBRIP),
    ],
)
def test_documents_are_known_where_they_are_asked_for(tmp_path, content, name, kind):
    path = written(tmp_path, content, name)
    assert sniff.check_declared(path, declared_mime=kind.mime, filename=name, allowed=sniff.EVERYTHING) == kind
    if kind.family == "document":
        with pytest.raises(NotMediaError):
            sniff.sniff(path)


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b"  <!DOCTYPE html><p>words",
        b"#!/bin/sh\nrm -rf /\n",
        b"{\\rtf1 words}",
        b"#EXTM3U\nother.mp4\n",
        b"words\x07and a bell",
        b"\xe9t\xe9 in Latin-1",
        b"PK\x03\x04" + bytes(200),
        word_document(extra="word/vbaProject.bin"),
        b"\x7fELF" + bytes(100),
    ],
)
def test_what_only_looks_like_a_document_is_refused(tmp_path, content):
    with pytest.raises(NotMediaError):
        sniff.sniff(written(tmp_path, content), allowed=sniff.EVERYTHING)


@pytest.mark.parametrize(
    ("said", "name"), [("image/tiff", "a.tif"), ("application/pdf", "a.pdf"), ("text/plain", "a.txt")]
)
def test_kinds_that_no_decoder_shares_are_not_taken_for_each_other(tmp_path, said, name):
    path = written(tmp_path, word_document(), name)
    with pytest.raises(WrongTypeError):
        sniff.check_declared(path, declared_mime=said, filename=name, allowed=sniff.EVERYTHING)
