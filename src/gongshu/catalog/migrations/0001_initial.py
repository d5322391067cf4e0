import django.db.models.deletion
import gongshu.catalog.states
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('identity', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('title', models.CharField(max_length=100)),
                ('title_key', models.CharField(db_index=True, max_length=100)),
                ('abstract', models.TextField(blank=True)),
                ('share_type', models.CharField(choices=[('UNCONDITIONAL', 'UNCONDITIONAL'), ('CONDITIONAL', 'CONDITIONAL'), ('PROHIBITED', 'PROHIBITED')], max_length=15)),
                ('share_condition', models.TextField(blank=True)),
                ('share_basis', models.TextField(blank=True)),
                ('open_type', models.CharField(choices=[('UNCONDITIONAL', 'UNCONDITIONAL'), ('CONDITIONAL', 'CONDITIONAL'), ('PROHIBITED', 'PROHIBITED')], max_length=15)),
                ('open_condition', models.TextField(blank=True)),
                ('update_cycle', models.CharField(choices=[('REALTIME', 'REALTIME'), ('DAILY', 'DAILY'), ('WEEKLY', 'WEEKLY'), ('TEN_DAYS', 'TEN_DAYS'), ('MONTHLY', 'MONTHLY'), ('QUARTERLY', 'QUARTERLY'), ('SEMIANNUAL', 'SEMIANNUAL'), ('ANNUAL', 'ANNUAL'), ('IRREGULAR', 'IRREGULAR'), ('STATIC', 'STATIC'), ('OTHER', 'OTHER')], max_length=12)),
                ('theme', models.CharField(blank=True, max_length=30)),
                ('business_name', models.CharField(blank=True, max_length=100)),
                ('source_system', models.CharField(blank=True, max_length=100)),
                ('format_type', models.CharField(default='csv', max_length=20)),
                ('keywords', models.CharField(blank=True, max_length=200)),
                ('status', models.CharField(choices=[('draft', 'draft'), ('submitted', 'submitted'), ('returned', 'returned'), ('published', 'published'), ('withdrawn', 'withdrawn')], default=gongshu.catalog.states.EntryStatus['DRAFT'], max_length=12)),
                ('version', models.PositiveIntegerField(default=0)),
                ('remarks', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('data_version', models.PositiveIntegerField(blank=True, null=True)),
                ('data_rows', models.PositiveBigIntegerField(blank=True, null=True)),
                ('data_at', models.DateTimeField(blank=True, null=True)),
                ('opened_at', models.DateTimeField(blank=True, null=True)),
                ('compiled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='identity.organization')),
                ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-changed_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='EntryEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('action', models.CharField(max_length=20)),
                ('remark', models.TextField(blank=True)),
                ('version', models.PositiveIntegerField(default=0)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='catalog.entry')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=63)),
                ('title', models.CharField(max_length=100)),
                ('data_type', models.CharField(choices=[('C', 'C'), ('N', 'N'), ('Y', 'Y'), ('D', 'D'), ('T', 'T'), ('L', 'L'), ('M', 'M'), ('G', 'G'), ('B', 'B'), ('I', 'I'), ('F', 'F')], max_length=1)),
                ('length', models.PositiveIntegerField(blank=True, null=True)),
                ('required', models.BooleanField(default=False)),
                ('is_key', models.BooleanField(default=False)),
                ('check_rule', models.CharField(blank=True, choices=[('citizen_id', 'citizen_id'), ('uscc', 'uscc')], max_length=20)),
                ('mask', models.CharField(default='none', max_length=20)),
                ('sensitive', models.BooleanField(default=False)),
                ('description', models.CharField(blank=True, max_length=300)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='catalog.entry')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['status', 'theme'], name='catalog_ent_status_162bed_idx'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['provider', 'status'], name='catalog_ent_provide_c0295c_idx'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.UniqueConstraint(fields=('entry', 'name'), name='catalog_item_name_once'),
        ),
    ]
