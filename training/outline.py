"""Ask an exported model of the grounded stage: a picture and a question in, text and masks out.

In: PNG bytes, a folder of `sonocurate train export` with ``mask_decoder.safetensors`` and ``mask_decoder.json``.
Out: an answer in Qwen2-VL's marks, and a mask for every mask token in it.
"""

from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from schemas.errors import ConfigError
from schemas.training import MaskDecoder
from training.answer import Answerer, Asked
from training.conversation import END
from training.grounded import GroundedObjective, predicted
from training.pictures import decoded
from training.spoken import Grounded

DECODER, SETTINGS = "mask_decoder.safetensors", "mask_decoder.json"


class Outliner(Answerer):
    """A model that answers with masks, greedily."""

    def __init__(self, folder: Path) -> None:
        """Read an export of the grounded stage.

        Raises: ConfigError.
        """
        super().__init__(folder)
        try:
            settings = MaskDecoder.model_validate_json((folder / SETTINGS).read_bytes())
            weights = load_file(folder / DECODER)
        except (OSError, ValidationError, SafetensorError):
            raise ConfigError(f"{folder} is no export of stage grounded: its mask decoder cannot be read") from None
        self.mask = Grounded(self.conversation.tokenizer, settings.token).mask
        self.objective = GroundedObjective(self.model, settings, self.mask).eval()
        try:
            self.objective.decoder.load_state_dict(weights)
        except RuntimeError:
            raise ConfigError(f"{folder}: {DECODER} does not fit {SETTINGS}") from None
        self.objective.to(self.model.device)

    def outline(self, picture: bytes, question: str, max_tokens: int = 512) -> tuple[str, list[Tensor]]:
        """Answer a question about a picture (PNG), and draw what the mask tokens of the answer stand for.

        Shapes: bool[height, width] at the size of the picture, one per mask token.
        Raises: ChunkError when the picture cannot be decoded.
        """
        asked = Asked("picture", question, [picture])
        inputs = self.inputs(asked)
        answer = self.made(inputs, max_tokens)
        ids = torch.cat([inputs["input_ids"][0], answer])[None]
        kinds = (ids == self.conversation.image).int()
        whole = inputs | {"input_ids": ids, "attention_mask": torch.ones_like(ids), "mm_token_type_ids": kinds}
        count, size = int((ids == self.mask).sum()), decoded(picture, asked.item_id).shape[:2]
        masks = predicted(self.objective, whole, [size] * count)
        text = str(self.conversation.tokenizer.decode(answer)).removesuffix(END)
        return text, masks[count - int((answer == self.mask).sum()) :]
