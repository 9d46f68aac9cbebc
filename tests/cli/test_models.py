from panogen.weights.shipped import shipped_models


def test_lists_what_is_shipped(panogen):
    result = panogen("models")
    assert result.exit_code == 0
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [line[0] for line in lines] == list(shipped_models())
    for _, size, licence, trained_on in lines:
        assert size.endswith(" MB")
        assert licence in ("MIT", "CC-BY-3.0")
        assert "crops of" in trained_on
