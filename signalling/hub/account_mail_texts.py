"""Pure: what mails about an account say, in the visitor's language. Ten words a sentence at most.

No mail to an address that is not verified holds anything that whoever asked for it typed: it
would be a way to send strangers what one likes.
"""

from __future__ import annotations

from typing import Final, Literal

from signalling.hub.mail_links import PAGE, RESET, VERIFY

Letter = Literal[
    "verify", "known", "reset", "change-email", "taken", "email-will-change", "password-changed"
]

_ENGLISH: Final[dict[Letter, tuple[str, str]]] = {
    "verify": (
        "Confirm your e-mail address",
        "Follow this link to confirm your e-mail address:\n"
        f"{VERIFY}\n"
        "It works once, for three days.\n"
        "Did you not ask for an account? Do nothing.\n",
    ),
    "known": (
        "You have an account already",
        "Somebody asked for an account with this address.\n"
        "You have one already.\n"
        "Forgot your password? Set a new one here:\n"
        f"{RESET}\n"
        "It works once, for one hour.\n"
        "Was it not you? Do nothing.\n",
    ),
    "reset": (
        "Set a new password",
        "Follow this link to set a new password:\n"
        f"{RESET}\n"
        "It works once, for one hour.\n"
        "Did you not ask for it? Do nothing.\n",
    ),
    "change-email": (
        "Confirm your new e-mail address",
        "Follow this link to log in with this address:\n"
        f"{VERIFY}\n"
        "It works once, for three days.\n"
        "Did you not ask for it? Do nothing.\n",
    ),
    "taken": (
        "Your address stays with your account",
        "Somebody wanted this address for another account.\n"
        "It stays with yours.\n"
        "You need not do anything.\n",
    ),
    "email-will-change": (
        "Your e-mail address will change",
        "Somebody with your password asked for another e-mail address.\n"
        "It holds once they follow the link in our mail.\n"
        "Was it not you? Set a new password now:\n"
        f"{PAGE}\n",
    ),
    "password-changed": (
        "Your password was changed",
        f"Your password was changed a moment ago.\nWas it not you? Set a new one now:\n{PAGE}\n",
    ),
}

_SPANISH: Final[dict[Letter, tuple[str, str]]] = {
    "verify": (
        "Confirme su correo electrónico",
        "Siga este enlace para confirmar su correo electrónico:\n"
        f"{VERIFY}\n"
        "Funciona una vez, durante tres días.\n"
        "¿No pidió una cuenta? No haga nada.\n",
    ),
    "known": (
        "Ya tiene una cuenta",
        "Alguien pidió una cuenta con este correo.\n"
        "Usted ya tiene una.\n"
        "¿Olvidó su contraseña? Ponga una nueva aquí:\n"
        f"{RESET}\n"
        "Funciona una vez, durante una hora.\n"
        "¿No fue usted? No haga nada.\n",
    ),
    "reset": (
        "Ponga una contraseña nueva",
        "Siga este enlace para poner una contraseña nueva:\n"
        f"{RESET}\n"
        "Funciona una vez, durante una hora.\n"
        "¿No lo pidió usted? No haga nada.\n",
    ),
    "change-email": (
        "Confirme su correo nuevo",
        "Siga este enlace para entrar con este correo:\n"
        f"{VERIFY}\n"
        "Funciona una vez, durante tres días.\n"
        "¿No lo pidió usted? No haga nada.\n",
    ),
    "taken": (
        "Su correo sigue con su cuenta",
        "Alguien quiso usar este correo para otra cuenta.\n"
        "El correo sigue con la suya.\n"
        "No tiene que hacer nada.\n",
    ),
    "email-will-change": (
        "Su correo electrónico va a cambiar",
        "Alguien con su contraseña pidió usar otro correo.\n"
        "Vale cuando siga el enlace de nuestro mensaje.\n"
        "¿No fue usted? Ponga ahora una contraseña nueva:\n"
        f"{PAGE}\n",
    ),
    "password-changed": (
        "Su contraseña fue cambiada",
        "Su contraseña fue cambiada hace un momento.\n"
        "¿No fue usted? Ponga ahora una nueva:\n"
        f"{PAGE}\n",
    ),
}

LETTERS: Final = {"en": _ENGLISH, "es": _SPANISH}


def mail_language(language: str) -> str:
    """Return the language of the mails for whoever reads the page in `language`."""
    main = language.partition("-")[0]
    return main if main in LETTERS else "en"


def letter_text(letter: Letter, language: str) -> tuple[str, str]:
    """Return subject and body of a letter, with marks where links go (`mail_links`)."""
    return LETTERS[mail_language(language)][letter]
