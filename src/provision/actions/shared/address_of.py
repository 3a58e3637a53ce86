# A partner's address as the bridge compares addresses.
def address_of(partner):
    return partner.email_normalized or (partner.email or '').strip().lower() or False
